// The file of `postern learn export`: what was learned, and the messages that are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/training/event.hpp"

namespace postern::training {

/// The first line. After it each entry begins with a line of its own:
///
///   ledger EVENT           a message that was learned and is not kept
///   message SIZE EVENT     one that is kept; SIZE octets and a line end follow
///   end COUNT              the last line: so many entries came before
///
/// EVENT is format(Event), with a hash.
inline constexpr std::string_view dump_version = "postern-learn 1";

struct DumpLine {
  enum class Kind { ledger, message, end };
  Kind kind = Kind::ledger;
  std::uint64_t number = 0;  ///< SIZE or COUNT.
  Event event;               ///< Of ledger and message.

  bool operator==(const DumpLine&) const = default;
};

/// Reads the line that begins an entry, without its line end.
[[nodiscard]] Parsed<DumpLine> parse_dump_line(std::string_view line);
[[nodiscard]] std::string format(const DumpLine& line);

}  // namespace postern::training
