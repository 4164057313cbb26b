// What a scanner says of one object: a message, or what is attached to it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::antivirus {

/// From harmless to grave, so that the gravest of several objects speaks for all.
enum class Result {
  clean,
  skipped,      ///< Not scanned because the host has too little memory.
  macro,        ///< Contains a macro; no signature matched.
  encrypted,    ///< Cannot be looked into without a password; no signature matched.
  unscannable,  ///< Over a limit, damaged, or the scanner died or was too slow over it, twice.
  temperror,    ///< No scanner answered.
  infected,
};

[[nodiscard]] std::string_view to_word(Result result);
[[nodiscard]] std::optional<Result> parse_result(std::string_view text);

inline constexpr std::size_t max_name_size = 128;  ///< Octets of an outcome's name.

struct Outcome {
  Result result = Result::clean;
  /// Of what is infected, encrypted, or a macro the name of the signature; otherwise why. Printable
  /// ASCII; empty when clean.
  std::string name;
};

/// Any text as the name of an outcome: cut to max_name_size, "?" for what is not printable ASCII.
[[nodiscard]] std::string printable_name(std::string_view text);

}  // namespace postern::antivirus
