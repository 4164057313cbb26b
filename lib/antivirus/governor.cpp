#include "lib/antivirus/governor.hpp"

namespace postern::antivirus {

std::string_view to_word(Mode mode) {
  switch (mode) {
    case Mode::full: return "full";
    case Mode::attachments: return "attachments";
    case Mode::off: return "off";
  }
  return "";
}

Mode Governor::decide(std::uint64_t floor, std::uint64_t engine,
                      std::optional<std::uint64_t> available) {
  if (floor == 0) return mode_ = Mode::full;
  if (!available) return mode_;
  const std::uint64_t free = *available;
  const std::uint64_t low = 2 * floor;
  if (mode_ == Mode::off) {
    // What the signatures gave back is not counted twice: it has to be there besides the floors,
    // and with them loaded as much has to be left as ends the mode "attachments".
    if (free >= low + floor + engine) mode_ = Mode::full;
    return mode_;
  }
  looks_below_ = free < floor ? looks_below_ + 1 : 0;
  if (looks_below_ >= looks_to_be_off) {
    looks_below_ = 0;
    return mode_ = Mode::off;
  }
  if (free < low) return mode_ = Mode::attachments;
  if (free >= low + floor / 2) mode_ = Mode::full;
  return mode_;
}

}  // namespace postern::antivirus
