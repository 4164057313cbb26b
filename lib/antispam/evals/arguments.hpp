// What eval functions share: Perl's numbers, arguments, and short ways to headers and patterns.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// What Perl makes of text in arithmetic: the number it begins with, or 0.
[[nodiscard]] double perl_number(std::string_view text);

/// Arguments of a rule; one that is not there is Perl's undef.
class Arguments {
 public:
  explicit Arguments(std::span<const std::string> values) : values_(values) {}

  [[nodiscard]] bool has(std::size_t index) const { return index < values_.size(); }
  /// Empty if it is not there.
  [[nodiscard]] std::string_view text(std::size_t index) const {
    return has(index) ? std::string_view(values_[index]) : std::string_view();
  }
  [[nodiscard]] double number(std::size_t index) const { return perl_number(text(index)); }

 private:
  std::span<const std::string> values_;
};

/// `value` is at least argument `first` and less than the next; the word "undef" sets no bound.
[[nodiscard]] bool is_within_undef_bounds(double value, const Arguments& arguments,
                                          std::size_t first = 0);

/// Whether the message has such a field.
[[nodiscard]] bool has_header(EvalContext& context, std::string_view name);
/// Pieces between newlines.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
/// White space (of Perl's \s) as single blanks.
[[nodiscard]] std::string with_single_spaces(std::string_view text);
/// A pattern matches. One that does not compile does not.
[[nodiscard]] bool matches(const EvalContext& context, std::string_view pattern,
                           std::string_view text);

/// A character string with one octet for each character, so that patterns count characters:
/// Latin-1 as it is, white space beyond as a blank, all else as DEL. An octet string as it is.
[[nodiscard]] std::string one_octet_per_character(const PerlString& text);
/// Perl's length().
[[nodiscard]] std::size_t perl_length(const PerlString& text);

/// The text after the last "@", or nothing.
[[nodiscard]] std::string_view domain_of(std::string_view address);

/// Where `word` stands in `text`, ASCII case aside, from `from` on; npos: nowhere.
[[nodiscard]] std::size_t find_ignoring_case(std::string_view text, std::string_view word,
                                             std::size_t from = 0);

/// Glob of an address list ("*" and "?") over all of a text, ASCII case aside.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view text);
[[nodiscard]] bool any_glob_matches(std::span<const std::string> globs, std::string_view text);

}  // namespace postern::antispam
