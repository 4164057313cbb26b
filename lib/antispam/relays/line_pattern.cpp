#include "lib/antispam/relays/line_pattern.hpp"

#include <stdexcept>
#include <string>

#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::uint16_t unlimited = 0xFFFF;  // beyond any header field's length

unsigned char octet(char c) {
  return static_cast<unsigned char>(c);
}

bool is_word_at(std::string_view line, std::size_t at) {
  return at < line.size() && (ascii::is_alnum(line[at]) || line[at] == '_');
}

}  // namespace

/// Reads a pattern. Recursion is as deep as the parentheses of a constant.
class LinePattern::Parser {
 public:
  Parser(std::string_view source, LinePattern& target) : source_(source), target_(target) {}

  Steps parse() {
    Steps steps = alternatives();
    if (at_ != source_.size()) fail();
    steps.push_back({});
    return steps;
  }

 private:
  [[noreturn]] void fail() const {
    throw std::logic_error("line pattern: " + std::string(source_));
  }
  [[nodiscard]] bool is_at(std::string_view text) const {
    return source_.substr(at_).starts_with(text);
  }
  bool take(std::string_view text) {
    if (!is_at(text)) return false;
    at_ += text.size();
    return true;
  }
  char next() {
    if (at_ >= source_.size()) fail();
    return source_[at_++];
  }
  static void add(Steps& steps, const Steps& more) {
    steps.insert(steps.end(), more.begin(), more.end());
  }
  static Step jump(Op op, std::size_t first, std::size_t second = 0) {
    Step step;
    step.op = op;
    step.first = static_cast<int>(first);
    step.second = static_cast<int>(second);
    return step;
  }

  Steps alternatives() {
    Steps first = sequence();
    if (!take("|")) return first;
    const Steps rest = alternatives();
    Steps steps = {jump(Op::choice, 1, first.size() + 2)};
    add(steps, first);
    steps.push_back(jump(Op::jump, rest.size() + 1));
    add(steps, rest);
    return steps;
  }

  Steps sequence() {
    Steps steps;
    while (at_ < source_.size() && !is_at("|") && !is_at(")") && !is_at("}")) add(steps, item());
    return steps;
  }

  Steps item() {
    if (take("(?!")) return negative();
    if (take("(")) return group();
    if (is_at("{")) return field();
    Step step = atom();
    if (step.op == Op::character || step.op == Op::set) quantify(step);
    return {step};
  }

  Steps negative() {
    Steps inner = alternatives();
    if (!take(")")) fail();
    Steps steps = {jump(Op::not_ahead, inner.size() + 2)};
    add(steps, inner);
    steps.push_back({});
    return steps;
  }

  Steps group() {
    const Steps inner = alternatives();
    if (!take(")")) fail();
    if (!take("?")) return inner;
    Steps steps = {jump(Op::choice, 1, inner.size() + 1)};
    add(steps, inner);
    return steps;
  }

  Steps field() {
    ++at_;
    Step begin;
    begin.op = Op::field_begin;
    begin.character = next();
    if (!take(":")) fail();
    Steps steps = {begin};
    add(steps, alternatives());
    if (!take("}")) fail();
    begin.op = Op::field_end;
    steps.push_back(begin);
    return steps;
  }

  Step atom() {
    Step step;
    const char c = next();
    if (c == '\\') return escaped(next());
    if (c == '^' || c == '$') {
      step.op = c == '^' ? Op::line_begin : Op::line_end;
    } else if (c == '.') {
      use_set(step, Set().set());
    } else if (c == '[') {
      use_set(step, bracket());
    } else {
      step.op = Op::character;
      step.character = target_.ignores_case_ ? ascii::to_lower(c) : c;
    }
    return step;
  }

  Step escaped(char c) {
    Step step;
    switch (c) {
      case 'b': step.op = Op::boundary; break;
      case 'I': step.op = Op::ip; break;
      case 'L': step.op = Op::localhost; break;
      case 'S': use_set(step, Set().set().reset(' ')); break;
      case 'd': use_set(step, digits()); break;
      default:
        step.op = Op::character;
        step.character = target_.ignores_case_ ? ascii::to_lower(c) : c;
    }
    return step;
  }

  static Set digits() {
    Set set;
    for (char c = '0'; c <= '9'; ++c) set.set(octet(c));
    return set;
  }

  void use_set(Step& step, Set set) {
    if (target_.ignores_case_) {
      for (char c = 'a'; c <= 'z'; ++c) {
        const unsigned char upper = static_cast<unsigned char>(octet(c) - 0x20);
        if (set.test(octet(c)) || set.test(upper)) set.set(octet(c)).set(upper);
      }
    }
    step.op = Op::set;
    step.set = static_cast<std::uint16_t>(target_.sets_.size());
    target_.sets_.push_back(set);
  }

  Set bracket() {
    const bool negated = take("^");
    Set set;
    while (!take("]")) {
      char low = next();
      if (low == '\\') low = next();
      if (low == 'd' && source_[at_ - 2] == '\\') {
        set |= digits();
        continue;
      }
      char high = low;
      if (is_at("-") && at_ + 1 < source_.size() && source_[at_ + 1] != ']') {
        ++at_;
        high = next();
      }
      for (unsigned value = octet(low); value <= octet(high); ++value) set.set(value);
    }
    return negated ? ~set : set;
  }

  void quantify(Step& step) {
    if (take("*")) {
      step.least = 0;
      step.most = unlimited;
    } else if (take("+")) {
      step.most = unlimited;
    } else if (take("?")) {
      step.least = 0;
    } else if (is_at("{") && at_ + 1 < source_.size() && ascii::is_digit(source_[at_ + 1])) {
      ++at_;
      step.least = number();
      step.most = step.least;
      if (take(",")) step.most = is_at("}") ? unlimited : number();
      if (!take("}")) fail();
    } else {
      return;
    }
    step.lazy = take("?");
    if (step.op == Op::character) {
      const char c = step.character;
      use_set(step, Set().set(octet(c)));
    }
  }

  std::uint16_t number() {
    unsigned value = 0;
    while (at_ < source_.size() && ascii::is_digit(source_[at_])) {
      value = value * 10 + static_cast<unsigned>(source_[at_++] - '0');
    }
    return static_cast<std::uint16_t>(value);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  LinePattern& target_;
};

/// Tries a pattern at one place. Recursion is as deep as the pattern is long: nothing loops in it
/// but sets, which are loops here.
class LinePattern::Matcher {
 public:
  Matcher(const LinePattern& pattern, std::string_view line, Fields& fields, StepBudget& budget)
      : pattern_(pattern), line_(line), fields_(fields), budget_(budget) {}

  bool run(std::size_t step, std::size_t at) {
    for (;;) {
      const Step& now = pattern_.steps_[step];
      if (!spend(1)) return false;
      switch (now.op) {
        case Op::character:
          if (!is_character(now, at)) return false;
          ++at;
          break;
        case Op::set: return run_set(now, step + 1, at);
        case Op::ip: return run_ends(ip_address_at(line_, at), step + 1);
        case Op::localhost: return run_ends(localhost_at(line_, at), step + 1);
        case Op::line_begin:
          if (at != 0) return false;
          break;
        case Op::line_end:
          if (at != line_.size()) return false;
          break;
        case Op::boundary:
          if (is_word_at(line_, at) == (at > 0 && is_word_at(line_, at - 1))) return false;
          break;
        case Op::field_begin:
          return run_kept(fields_.begins_[Fields::slot(now.character)], step, at);
        case Op::field_end: return run_kept(fields_.ends_[Fields::slot(now.character)], step, at);
        case Op::choice:
          if (run(target(step, now.first), at)) return true;
          step = target(step, now.second);
          continue;
        case Op::jump: step = target(step, now.first); continue;
        case Op::not_ahead:
          if (run(step + 1, at)) return false;
          step = target(step, now.first);
          continue;
        case Op::accept: return true;
      }
      ++step;
    }
  }

 private:
  static std::size_t target(std::size_t step, int by) {
    return step + static_cast<std::size_t>(by);
  }
  bool spend(std::size_t steps) {
    const bool enough = budget_.left >= steps;
    budget_.left = enough ? budget_.left - steps : 0;
    return enough;
  }
  [[nodiscard]] bool is_character(const Step& step, std::size_t at) const {
    if (at >= line_.size()) return false;
    const char c = line_[at];
    return (pattern_.ignores_case_ ? ascii::to_lower(c) : c) == step.character;
  }
  [[nodiscard]] bool may_follow(std::size_t step, std::size_t at) const {
    const Step& next = pattern_.steps_[step];
    return next.op != Op::character || is_character(next, at);
  }

  bool run_set(const Step& now, std::size_t next, std::size_t at) {
    const Set& set = pattern_.sets_[now.set];
    const std::size_t most = std::min<std::size_t>(now.most, line_.size() - at);
    std::size_t count = 0;
    if (now.lazy) {
      for (;; ++count) {
        if (count >= now.least && may_follow(next, at + count) && run(next, at + count))
          return true;
        if (count == most || !set.test(octet(line_[at + count])) || !spend(1)) return false;
      }
    }
    while (count < most && set.test(octet(line_[at + count]))) ++count;
    if (count < now.least || !spend(count)) return false;
    for (;; --count) {
      if (may_follow(next, at + count) && run(next, at + count)) return true;
      if (count == now.least) return false;
    }
  }

  bool run_ends(const TextEnds& found, std::size_t next) {
    for (std::size_t i = 0; i < found.count; ++i) {
      if (run(next, found.ends[i])) return true;
    }
    return false;
  }

  bool run_kept(std::size_t& place, std::size_t step, std::size_t at) {
    const std::size_t before = place;
    place = at;
    if (run(step + 1, at)) return true;
    place = before;
    return false;
  }

  const LinePattern& pattern_;
  std::string_view line_;
  Fields& fields_;
  StepBudget& budget_;
};

LinePattern::LinePattern(std::string_view source, bool ignores_case) : ignores_case_(ignores_case) {
  steps_ = Parser(source, *this).parse();
}

std::size_t LinePattern::search(std::string_view line, Fields& fields, StepBudget& budget) const {
  fields.clear();
  Matcher matcher(*this, line, fields, budget);
  if (steps_.front().op == Op::line_begin) return matcher.run(0, 0) ? 0 : Fields::npos;
  const bool by_character = steps_.front().op == Op::character && !ignores_case_;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    if (by_character) {
      at = line.find(steps_.front().character, at);
      if (at == std::string_view::npos) break;
    }
    if (matcher.run(0, at)) return at;
    if (budget.left == 0) break;
  }
  return Fields::npos;
}

bool LinePattern::find(std::string_view line, Fields& fields, StepBudget& budget) const {
  return search(line, fields, budget) != Fields::npos;
}

bool LinePattern::is_in(std::string_view line, StepBudget& budget) const {
  return begin_of(line, budget) != Fields::npos;
}

std::size_t LinePattern::begin_of(std::string_view line, StepBudget& budget) const {
  Fields fields;
  return search(line, fields, budget);
}

}  // namespace postern::antispam
