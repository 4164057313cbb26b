#include "lib/antispam/engine/literals.hpp"

#include <algorithm>
#include <bitset>
#include <optional>

namespace postern::antispam {
namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t max_alternatives = 64;  // of one run of octets
constexpr std::size_t max_literals = 512;     // of one pattern
constexpr std::size_t max_class = 16;         // octets of a class that are written out
constexpr std::size_t max_length = 16;        // of a literal
constexpr unsigned max_nesting = 100;
constexpr double max_frequency = 2e-3;  // of all literals of a pattern together, per octet of text

/// What is known of a part of a pattern.
struct Known {
  bool is_exact = false;     ///< It matches `exact` and nothing else.
  bool is_repeated = false;  ///< It matches one of `exact` once or more.
  Strings exact;
  Strings required;  ///< One of them is in whatever it matches; empty: not known.

  static Known nothing() { return {}; }
  static Known empty() { return {true, false, {""}, {}}; }
};

double frequency(std::string_view literal) {
  double all = 1;
  for (const char c : literal) all *= octet_frequency(static_cast<std::uint8_t>(c));
  return all;
}

double frequency(const Strings& literals) {
  double sum = 0;
  for (const std::string& literal : literals) sum += frequency(literal);
  return sum;
}

bool is_useful(const Strings& literals) {
  return !literals.empty() && literals.size() <= max_literals &&
         std::all_of(literals.begin(), literals.end(),
                     [](const std::string& l) { return l.size() >= min_literal_size; });
}

// The rarer of both.
void take_better(Strings& kept, const Strings& other) {
  if (!is_useful(other)) return;
  if (kept.empty() || frequency(other) < frequency(kept)) kept = other;
}

void make_unique(Strings& strings) {
  std::sort(strings.begin(), strings.end());
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
}

std::optional<Strings> product(const Strings& heads, const Strings& tails) {
  if (heads.size() * tails.size() > max_alternatives) return std::nullopt;
  Strings all;
  for (const std::string& head : heads) {
    for (const std::string& tail : tails) {
      if (head.size() + tail.size() > max_length) return std::nullopt;
      all.push_back(head + tail);
    }
  }
  make_unique(all);
  return all;
}

// Parts one after the other. A run of exact ones grows as long as it stays small.
class Sequence {
 public:
  void add(const Known& part) {
    take_better(best_, part.required);
    if (!part.is_exact && !part.is_repeated) return break_run({""});
    if (auto longer = product(run_, part.exact)) {
      run_ = std::move(*longer);
    } else {
      break_run(part.exact);
    }
    if (part.is_repeated) break_run(part.exact);
  }

  Known finish() {
    if (is_whole_) return {true, false, run_, best_};
    take_better(best_, run_);
    return {false, false, {}, best_};
  }

 private:
  void break_run(const Strings& next) {
    take_better(best_, run_);
    run_ = next;
    is_whole_ = false;
  }

  Strings run_ = {""};
  Strings best_;
  bool is_whole_ = true;  // nothing but the run so far
};

Known either(const std::vector<Known>& branches) {
  if (branches.size() == 1) return branches.front();
  Known all{true, false, {}, {}};
  bool is_known = true;
  for (const Known& branch : branches) {
    all.is_exact = all.is_exact && branch.is_exact;
    if (branch.is_exact)
      all.exact.insert(all.exact.end(), branch.exact.begin(), branch.exact.end());
    Strings of_branch = branch.required;
    if (branch.is_exact || branch.is_repeated) take_better(of_branch, branch.exact);
    is_known = is_known && !of_branch.empty();
    all.required.insert(all.required.end(), of_branch.begin(), of_branch.end());
  }
  make_unique(all.exact);
  make_unique(all.required);
  if (!is_known || all.required.size() > max_literals) all.required.clear();
  if (all.exact.size() > max_alternatives) all.is_exact = false;
  if (!all.is_exact) all.exact.clear();
  return all;
}

Known repeat(const Known& part, unsigned least, unsigned most) {
  if (least == 1 && most == 1) return part;
  if (least == 0) {
    if (most != 1 || !part.is_exact) return Known::nothing();
    Known maybe{true, false, part.exact, {}};
    maybe.exact.emplace_back();
    make_unique(maybe.exact);
    return maybe;
  }
  Known result{false, part.is_exact || part.is_repeated, part.exact, part.required};
  if (!part.is_exact || least != most) return result;
  Strings all = part.exact;
  for (unsigned i = 1; i < least; ++i) {
    auto longer = product(all, part.exact);
    if (!longer) return result;
    all = std::move(*longer);
  }
  return {true, false, all, part.required};
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

using OctetSet = std::bitset<256>;

// Reads a pattern; gives up (`is_lost`) at whatever it does not know.
class Reader {
 public:
  explicit Reader(std::string_view pattern) : pattern_(pattern) {}

  Known read() {
    const Known all = alternatives(0);
    return is_lost_ || at_ < pattern_.size() ? Known::nothing() : all;
  }

 private:
  Known alternatives(unsigned depth) {
    if (depth > max_nesting) return lost();
    std::vector<Known> branches;
    do {
      branches.push_back(sequence(depth));
    } while (!is_lost_ && take('|'));
    return either(branches);
  }

  Known sequence(unsigned depth) {
    Sequence parts;
    while (!is_lost_ && at_ < pattern_.size() && peek() != '|' && peek() != ')') {
      Known part = atom(depth);
      const auto [least, most] = quantifier();
      parts.add(repeat(part, least, most));
    }
    return parts.finish();
  }

  Known atom(unsigned depth) {
    const char c = pattern_[at_++];
    switch (c) {
      case '(': return group(depth);
      case '[': return character_class();
      case '\\': return escape();
      case '.': return Known::nothing();
      case '^':
      case '$': return Known::empty();
      default: return octet(c);
    }
  }

  Known group(unsigned depth) {
    if (peek() == '*') return lost();
    if (!take('?')) return closed(alternatives(depth + 1));
    if (take(':') || take('>') || take('|')) return closed(alternatives(depth + 1));
    if (take('#')) {
      at_ = std::min(pattern_.find(')', at_), pattern_.size());
      return closed(Known::empty());
    }
    if (take('=') || take('!')) return assertion(depth);
    if (pattern_.substr(at_, 2) == "<=" || pattern_.substr(at_, 2) == "<!") {
      at_ += 2;
      return assertion(depth);
    }
    take('P');
    if (peek() == '<' || peek() == '\'') {
      const char end = peek() == '<' ? '>' : '\'';
      at_ = pattern_.find(end, at_ + 1);
      if (at_ == std::string_view::npos) return lost();
      ++at_;
      return closed(alternatives(depth + 1));
    }
    return modifiers(depth);
  }

  // Takes no octets; what it looks at is not counted on.
  Known assertion(unsigned depth) {
    alternatives(depth + 1);
    return closed(Known::empty());
  }

  Known modifiers(unsigned depth) {
    while (at_ < pattern_.size() && std::string_view("^-adilmnpsu").find(peek()) != npos) ++at_;
    if (take(')')) return Known::empty();
    return take(':') ? closed(alternatives(depth + 1)) : lost();  // with x or what is no modifier
  }

  Known closed(Known inner) { return take(')') ? inner : lost(); }

  Known escape() {
    OctetSet set;
    const auto meaning = escaped(set);
    if (meaning == Meaning::assertion) return Known::empty();
    if (meaning == Meaning::unknown) return Known::nothing();
    return of_set(set);
  }

  Known character_class() {
    const bool is_negated = take('^');
    OctetSet set;
    bool is_first = true;
    std::optional<unsigned> before;  // for ranges
    while (at_ < pattern_.size() && (is_first || peek() != ']')) {
      is_first = false;
      if (peek() == '-' && before && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        ++at_;
        const auto last = class_member(set);
        if (is_lost_ || !last) return lost();
        for (unsigned i = *before; i <= *last; ++i) set.set(i);
        before.reset();
      } else {
        before = class_member(set);
      }
      if (is_lost_) return Known::nothing();
    }
    if (!take(']')) return lost();
    return is_negated ? Known::nothing() : of_set(set);
  }

  // Adds a member to the set. \return The octet, if it is one.
  std::optional<unsigned> class_member(OctetSet& set) {
    if (pattern_.substr(at_, 2) == "[:") {
      const std::size_t end = pattern_.find_first_not_of("^abcdefghijklmnopqrstuvwxyz", at_ + 2);
      is_lost_ = end == npos || pattern_.substr(end, 2) != ":]";
      at_ = is_lost_ ? at_ : end + 2;
      set.set();  // not written out
      return std::nullopt;
    }
    const char c = pattern_[at_++];
    if (c != '\\') return set.set(static_cast<unsigned char>(c)), static_cast<unsigned char>(c);
    OctetSet one;
    if (peek() == 'b') {
      ++at_;
      one.set('\b');
    } else if (escaped(one) != Meaning::octets) {
      one.set();
    }
    set |= one;
    if (one.count() != 1) return std::nullopt;
    for (unsigned i = 0; i < one.size(); ++i) {
      if (one.test(i)) return i;
    }
    return std::nullopt;
  }

  enum class Meaning { octets, assertion, unknown };

  // After the backslash.
  Meaning escaped(OctetSet& set) {
    if (at_ >= pattern_.size()) return is_lost_ = true, Meaning::unknown;
    const char c = pattern_[at_++];
    if (!is_letter(c) && !is_digit(c)) return one(set, static_cast<unsigned char>(c));
    switch (c) {
      case 'b':
        if (peek() == '{') is_lost_ = true;
        return Meaning::assertion;
      case 'B':
      case 'A':
      case 'z':
      case 'Z':
      case 'G':
      case 'K': return Meaning::assertion;
      case 's':
        for (const unsigned char white : std::string_view(" \t\n\v\f\r")) set.set(white);
        return Meaning::octets;
      case 'd':
        for (unsigned digit = '0'; digit <= '9'; ++digit) set.set(digit);
        return Meaning::octets;
      case 'n': return one(set, '\n');
      case 't': return one(set, '\t');
      case 'r': return one(set, '\r');
      case 'f': return one(set, '\f');
      case 'e': return one(set, 0x1B);
      case 'a': return one(set, 0x07);
      case 'x': return hexadecimal(set);
      case '0': return octal(set);
      case 'w':
      case 'W':
      case 'S':
      case 'D':
      case 'h':
      case 'H':
      case 'v':
      case 'V':
      case 'R': return Meaning::unknown;
      default: break;
    }
    if (!is_digit(c)) is_lost_ = true;
    while (is_digit(peek())) ++at_;  // a back reference
    return Meaning::unknown;
  }

  static Meaning one(OctetSet& set, unsigned octet) {
    set.set(octet);
    return Meaning::octets;
  }

  Meaning hexadecimal(OctetSet& set) {
    const bool is_braced = take('{');
    unsigned value = 0;
    for (int digits = 0; (is_braced || digits < 2) && value <= 0xFF; ++digits) {
      const std::size_t place = std::string_view("0123456789abcdefABCDEF").find(peek());
      if (at_ >= pattern_.size() || place == npos) break;
      const std::size_t digit = place < 16 ? place : place - 6;
      value = value * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    if ((is_braced && !take('}')) || value > 0xFF) return is_lost_ = true, Meaning::unknown;
    return one(set, value);
  }

  Meaning octal(OctetSet& set) {
    unsigned value = 0;
    for (int digits = 0; digits < 2 && peek() >= '0' && peek() <= '7'; ++digits) {
      value = value * 8 + static_cast<unsigned>(pattern_[at_++] - '0');
    }
    return one(set, value);
  }

  // Least and most; the greatest number stands for no limit.
  std::pair<unsigned, unsigned> quantifier() {
    constexpr unsigned unlimited = 65'535;
    std::pair<unsigned, unsigned> range = {1, 1};
    if (take('*')) {
      range = {0, unlimited};
    } else if (take('+')) {
      range = {1, unlimited};
    } else if (take('?')) {
      range = {0, 1};
    } else if (peek() != '{' || !braces(range)) {
      return range;
    }
    if (!take('?')) take('+');
    return range;
  }

  bool braces(std::pair<unsigned, unsigned>& range) {
    const std::size_t end = pattern_.find('}', at_);
    if (end == npos) return false;
    std::string inner;
    for (const char c : pattern_.substr(at_ + 1, std::min<std::size_t>(end - at_ - 1, 32))) {
      if (c != ' ' && c != '\t') inner += c;
    }
    const std::size_t comma = inner.find(',');
    const std::string least = inner.substr(0, comma);
    const std::string most = comma == npos ? least : inner.substr(comma + 1);
    const auto is_number = [](const std::string& text) {
      return text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
    };
    if (!is_number(least) || !is_number(most) || (least.empty() && most.empty())) return false;
    range.first = least.empty() ? 0 : static_cast<unsigned>(std::stoul(least));
    range.second = most.empty() ? 65'535 : static_cast<unsigned>(std::stoul(most));
    at_ = end + 1;
    return true;
  }

  static Known octet(char c) {
    const auto folded = static_cast<char>(folded_octets()[static_cast<unsigned char>(c)]);
    return {true, false, {std::string(1, folded)}, {}};
  }

  static Known of_set(const OctetSet& set) {
    OctetSet folded;
    for (unsigned i = 0; i < set.size(); ++i) {
      if (set.test(i)) folded.set(folded_octets()[i]);
    }
    if (folded.none() || folded.count() > max_class) return Known::nothing();
    Known known{true, false, {}, {}};
    for (unsigned i = 0; i < folded.size(); ++i) {
      if (folded.test(i)) known.exact.emplace_back(1, static_cast<char>(i));
    }
    return known;
  }

  Known lost() {
    is_lost_ = true;
    return Known::nothing();
  }
  char peek() const { return at_ < pattern_.size() ? pattern_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= pattern_.size() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }

  static constexpr std::size_t npos = std::string_view::npos;
  std::string_view pattern_;
  std::size_t at_ = 0;
  bool is_lost_ = false;
};

}  // namespace

const std::array<std::uint8_t, 256>& folded_octets() {
  static const std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> folded{};
    for (unsigned i = 0; i < folded.size(); ++i) {
      const bool is_upper = (i >= 'A' && i <= 'Z') || (i >= 0xC0 && i <= 0xDE && i != 0xD7);
      const bool is_white = i >= '\t' && i <= '\r';
      folded[i] = static_cast<std::uint8_t>(is_white ? ' ' : is_upper ? i + 0x20 : i);
    }
    return folded;
  }();
  return table;
}

double octet_frequency(std::uint8_t folded) {
  // Letters of English text, from a to z, in thousandths.
  constexpr std::array<double, 26> letters = {64, 12, 25, 33, 100, 18, 16, 45, 60, 1.5, 7, 33, 20,
                                              55, 60, 16, 1,  49,  52, 72, 24, 8,  18,  2, 17, 1};
  if (folded >= 'a' && folded <= 'z') return letters[folded - 'a'] / 1'000;
  if (folded == ' ') return 0.17;
  if (folded >= '0' && folded <= '9') return 0.01;
  if (folded < 0x80) return 0.012;
  return 0.003;
}

std::vector<std::string> required_literals(std::string_view pattern) {
  const Known known = Reader(pattern).read();
  Strings literals = known.required;
  if (known.is_exact || known.is_repeated) take_better(literals, known.exact);
  return frequency(literals) <= max_frequency ? literals : Strings();
}

}  // namespace postern::antispam
