// Patterns over one line of trace information: a small language, so that what each MTA writes is a
// table of data.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// What a pattern took from a line, by field letter.
class Fields {
 public:
  static constexpr std::size_t npos = std::string_view::npos;

  [[nodiscard]] bool has(char letter) const { return ends_[slot(letter)] != npos; }
  /// Empty where the field took no part. Borrows the line.
  [[nodiscard]] std::string_view get(std::string_view line, char letter) const {
    const std::size_t at = slot(letter);
    return has(letter) ? line.substr(begins_[at], ends_[at] - begins_[at]) : std::string_view{};
  }
  void clear() { ends_.fill(npos); }

 private:
  friend class LinePattern;
  static std::size_t slot(char letter) { return static_cast<std::size_t>(letter - 'a') % 26; }

  std::array<std::size_t, 26> begins_{};
  std::array<std::size_t, 26> ends_{};
};

/// Steps that matching may still take. A line that needs more than are left does not match: what a
/// hostile sender can make us do is bounded for a whole message.
struct StepBudget {
  std::size_t left = 0;
};

/// Like a regular expression, first match wins; white space stands for itself. "\S" no space, "\d",
/// "." anything, "[…]", "[^…]", each with "* + ? {m,n}" and perhaps "?" for as little as possible;
/// "(a|b)" and "(…)?"; "(?!…)"; "^ $ \b"; "\I" an IP address, "\L" the local host; "{x:…}" names
/// what it takes by the letter x.
class LinePattern {
 public:
  /// \param source  A constant of the program; one that is not well-formed throws.
  explicit LinePattern(std::string_view source, bool ignores_case = false);

  /// \param fields  Cleared and set, if it matches.
  /// \param begin, end  What of the line matched.
  [[nodiscard]] bool find(std::string_view line, Fields& fields, StepBudget& budget) const;
  [[nodiscard]] bool is_in(std::string_view line, StepBudget& budget) const;
  /// Where the last part begins that matched; npos: nowhere.
  [[nodiscard]] std::size_t begin_of(std::string_view line, StepBudget& budget) const;

 private:
  enum class Op : std::uint8_t {
    character,
    set,
    ip,
    localhost,
    line_begin,
    line_end,
    boundary,
    field_begin,
    field_end,
    choice,
    jump,
    not_ahead,
    accept,
  };
  struct Step {
    Op op = Op::accept;
    bool lazy = false;
    char character = 0;
    std::uint16_t set = 0;
    std::uint16_t least = 1, most = 1;
    int first = 0, second = 0;  ///< Relative places of a choice; `first` of a jump.
  };
  using Steps = std::vector<Step>;
  using Set = std::bitset<256>;
  class Parser;
  class Matcher;

  [[nodiscard]] std::size_t search(std::string_view line, Fields& fields, StepBudget& budget) const;

  Steps steps_;
  std::vector<Set> sets_;
  bool ignores_case_ = false;
};

}  // namespace postern::antispam
