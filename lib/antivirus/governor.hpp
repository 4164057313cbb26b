// What may be scanned with the memory that the host has left.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::antivirus {

enum class Mode {
  full,         ///< Everything.
  attachments,  ///< Attachments only: memory is short.
  off,          ///< Nothing, and no signatures are kept in memory.
};
[[nodiscard]] std::string_view to_word(Mode mode);

/// Decides from one look at the host to the next. It is off only after several looks in a row,
/// since one message can need much memory for a moment, and goes up again only when there is
/// clearly more room, so that it does not flap.
class Governor {
 public:
  /// \param floor   Octets that must stay available; 0: memory is not looked at.
  /// \param engine  Octets that the signatures take, or would.
  /// \param available  Octets available now; nothing: nobody knows, and so nothing changes.
  Mode decide(std::uint64_t floor, std::uint64_t engine, std::optional<std::uint64_t> available);

  [[nodiscard]] Mode mode() const { return mode_; }

 private:
  static constexpr int looks_to_be_off = 3;
  int looks_below_ = looks_to_be_off - 1;  // in a row; the first one decides alone
  Mode mode_ = Mode::full;
};

}  // namespace postern::antivirus
