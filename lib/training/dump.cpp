#include "lib/training/dump.hpp"

#include <charconv>

namespace postern::training {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A number and the blank behind it.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return text.empty() || take(text, " ");
}

}  // namespace

Parsed<DumpLine> parse_dump_line(std::string_view line) {
  std::string_view rest = line;
  DumpLine parsed;
  if (take(rest, "end ")) {
    parsed.kind = DumpLine::Kind::end;
    if (!take_number(rest, parsed.number) || !rest.empty()) return parse_error(4, "has no count");
    return parsed;
  }
  if (take(rest, "message ")) {
    parsed.kind = DumpLine::Kind::message;
    if (!take_number(rest, parsed.number)) return parse_error(8, "has no size");
  } else if (!take(rest, "ledger ")) {
    return parse_error(0, "is none of ledger, message, and end");
  }
  auto event = parse_event(rest);
  const std::size_t offset = line.size() - rest.size();
  if (!event) return parse_error(offset + event.error().offset, event.error().problem);
  if (event->hash.empty()) return parse_error(line.size(), "has no hash");
  parsed.event = std::move(*event);
  return parsed;
}

std::string format(const DumpLine& line) {
  switch (line.kind) {
    case DumpLine::Kind::ledger: return "ledger " + format(line.event);
    case DumpLine::Kind::message:
      return "message " + std::to_string(line.number) + " " + format(line.event);
    case DumpLine::Kind::end: return "end " + std::to_string(line.number);
  }
  return "";
}

}  // namespace postern::training
