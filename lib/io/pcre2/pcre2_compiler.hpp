// PCRE2 as antispam::RegexCompiler.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/antispam/text/regex.hpp"

namespace postern::io {

/// Compiles to machine code where PCRE2 can; patterns that the library of octets refuses as too
/// large are compiled by the one of 32-bit units, which takes subjects four times as long.
class Pcre2Compiler final : public antispam::RegexCompiler {
 public:
  [[nodiscard]] Expected<std::unique_ptr<antispam::Regex>, std::string> compile(
      std::string_view pattern) const override;

  /// Whether this process may make machine code; without, patterns take ten times as long.
  [[nodiscard]] static bool makes_machine_code();
};

}  // namespace postern::io
