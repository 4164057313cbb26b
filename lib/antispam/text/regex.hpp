// What the engine needs from a library of regular expressions; lib/io/pcre2 has it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/text/deadline.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

/// What of a subject a regular expression matched.
struct RegexMatch {
  enum class Outcome {
    match,
    no_match,
    limit,  ///< Gave up: too many steps, or the deadline. Counts as no match.
  };
  Outcome outcome = Outcome::no_match;
  std::size_t begin = 0;  ///< Octets of the subject, as `end`.
  std::size_t end = 0;
  /// Begin and end of the capturing groups 1, 2 …, only if asked for; npos: took no part.
  std::vector<std::pair<std::size_t, std::size_t>> groups = {};

  explicit operator bool() const { return outcome == Outcome::match; }
};

/// A compiled regular expression. Callable from any thread.
class Regex {
 public:
  Regex() = default;
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  virtual ~Regex() = default;

  /// The first match at or after octet `from`. An empty match right at `from` is refused where
  /// `not_empty_at_start` (Perl's //g after an empty match).
  /// \param deadline  nullptr: only the number of steps is bounded.
  [[nodiscard]] virtual RegexMatch find(std::string_view subject, std::size_t from = 0,
                                        bool not_empty_at_start = false,
                                        Deadline* deadline = nullptr) const = 0;
  /// As find, with the groups.
  [[nodiscard]] virtual RegexMatch find_groups(std::string_view subject, std::size_t from = 0,
                                               Deadline* deadline = nullptr) const = 0;
  /// Names of capturing groups with their numbers.
  [[nodiscard]] virtual std::vector<std::pair<std::string, unsigned>> names() const = 0;
};

/// Octets in, octets out: no UTF, Perl's /aa with Latin-1 case folding under /i.
class RegexCompiler {
 public:
  RegexCompiler() = default;
  RegexCompiler(const RegexCompiler&) = delete;
  RegexCompiler& operator=(const RegexCompiler&) = delete;
  virtual ~RegexCompiler() = default;

  /// \param pattern  In Perl's syntax with its modifiers in front, as Rule keeps it: "(?i)a.c".
  /// \return Or what is wrong, in words that may quote the pattern's offset but not the pattern.
  [[nodiscard]] virtual Expected<std::unique_ptr<Regex>, std::string> compile(
      std::string_view pattern) const = 0;
};

}  // namespace postern::antispam
