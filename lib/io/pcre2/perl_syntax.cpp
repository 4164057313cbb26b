#include "lib/io/pcre2/perl_syntax.hpp"

#include <cstddef>
#include <optional>

namespace postern::io {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// One walk over the pattern. What is not touched is copied as it stands.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {
    out_.reserve(pattern.size() + 8);
  }

  Expected<std::string, std::string> run() {
    while (at_ < pattern_.size()) {
      if (const auto problem = step()) return Unexpected<std::string>(*problem);
    }
    return std::move(out_);
  }

 private:
  std::optional<std::string> step() {
    switch (pattern_[at_]) {
      case '\\': return escape();
      case '[': return character_class();
      case '(': return group();
      case '{': repetition(); return std::nullopt;
      default: copy(1); return std::nullopt;
    }
  }

  void copy(std::size_t count) {
    out_.append(pattern_.substr(at_, count));
    at_ += count;
  }

  // In Perl these stand for something in string literals only; in a pattern that comes from a
  // variable they are warned about, and SpamAssassin takes the warning for an error.
  std::optional<std::string> escape() {
    constexpr std::string_view of_literals = "QELUlu";
    if (at_ + 1 < pattern_.size() &&
        of_literals.find(pattern_[at_ + 1]) != std::string_view::npos) {
      return "at offset " + std::to_string(at_) + ": Perl knows no \\" +
             std::string(1, pattern_[at_ + 1]) + " in such a pattern";
    }
    copy(2);
    return std::nullopt;
  }

  std::optional<std::string> character_class() {
    copy(1);
    if (next_is('^')) copy(1);
    if (next_is(']')) copy(1);
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      if (pattern_[at_] == '\\') {
        if (auto problem = escape()) return problem;
      } else if (pattern_.substr(at_, 2) == "[:") {
        copy_posix_class();
      } else {
        copy(1);
      }
    }
    if (at_ < pattern_.size()) copy(1);
    return std::nullopt;
  }

  // "[:alpha:]"; if it does not end so, its bracket is a character like others.
  void copy_posix_class() {
    std::size_t end = at_ + 2;
    while (end < pattern_.size() &&
           ((pattern_[end] >= 'a' && pattern_[end] <= 'z') || pattern_[end] == '^')) {
      ++end;
    }
    copy(pattern_.substr(end, 2) == ":]" ? end + 2 - at_ : 1);
  }

  std::optional<std::string> group() {
    if (pattern_.substr(at_, 3) == "(?#") {
      const std::size_t end = pattern_.find(')', at_);
      copy(end == std::string_view::npos ? pattern_.size() - at_ : end + 1 - at_);
      return std::nullopt;
    }
    if (pattern_.substr(at_, 2) == "(?") {
      modifiers();
    } else {
      copy(1);
    }
    return std::nullopt;
  }

  // "(?^aai:" -> "(?^i:", "(?aa)" -> nothing.
  void modifiers() {
    constexpr std::string_view letters = "^-adilmnpsux";
    constexpr std::string_view of_charsets = "adlup";
    const std::size_t end = pattern_.find_first_not_of(letters, at_ + 2);
    if (end == std::string_view::npos || end == at_ + 2 ||
        (pattern_[end] != ')' && pattern_[end] != ':')) {
      copy(2);
      return;
    }
    std::string kept;
    for (const char c : pattern_.substr(at_ + 2, end - at_ - 2)) {
      if (of_charsets.find(c) == std::string_view::npos) kept += c;
    }
    if (pattern_[end] == ':' || !kept.empty()) out_ += "(?" + kept + pattern_[end];
    at_ = end + 1;
  }

  void repetition() {
    std::size_t i = at_ + 1;
    const auto skip_blanks = [&] {
      while (i < pattern_.size() && (pattern_[i] == ' ' || pattern_[i] == '\t')) ++i;
    };
    const auto number = [&] {
      const std::size_t begin = i;
      while (i < pattern_.size() && is_digit(pattern_[i])) ++i;
      return pattern_.substr(begin, i - begin);
    };
    skip_blanks();
    const std::string_view least = number();
    skip_blanks();
    const bool is_range = i < pattern_.size() && pattern_[i] == ',';
    if (is_range) ++i;
    skip_blanks();
    const std::string_view most = is_range ? number() : std::string_view();
    skip_blanks();
    if (i >= pattern_.size() || pattern_[i] != '}' || (least.empty() && most.empty())) {
      copy(1);
      return;
    }
    out_.append("{").append(least.empty() ? "0" : least);
    if (is_range) out_.append(",").append(most);
    out_ += '}';
    at_ = i + 1;
  }

  bool next_is(char c) const { return at_ < pattern_.size() && pattern_[at_] == c; }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Expected<std::string, std::string> pcre2_syntax(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace postern::io
