#include "lib/antispam/rules/expression.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

using Op = MetaToken::Op;
using Kind = Symbol::Kind;
using Failure = Unexpected<std::string>;

struct Sign {
  std::string_view text;
  Kind kind;
  Op op;
};

// Longer ones before those they begin with.
constexpr std::array<Sign, 18> signs = {{
    {"&&", Kind::sign, Op::logical_and},
    {"||", Kind::sign, Op::logical_or},
    {">=", Kind::sign, Op::greater_equal},
    {"<=", Kind::sign, Op::less_equal},
    {"==", Kind::sign, Op::equal},
    {"!=", Kind::sign, Op::not_equal},
    {">", Kind::sign, Op::greater},
    {"<", Kind::sign, Op::less},
    {"!", Kind::sign, Op::logical_not},
    {"^", Kind::sign, Op::bit_xor},
    {"+", Kind::sign, Op::add},
    {"-", Kind::sign, Op::subtract},
    {"*", Kind::sign, Op::multiply},
    {"/", Kind::sign, Op::divide},
    {"(", Kind::open, Op::number},
    {")", Kind::close, Op::number},
    {"?", Kind::question, Op::number},
    {":", Kind::colon, Op::number},
}};

const Sign* sign_at(std::string_view text) {
  for (const Sign& sign : signs) {
    if (text.starts_with(sign.text)) return &sign;
  }
  return nullptr;
}

std::size_t word_size(std::string_view text) {
  const auto is_in_number = [](char c) {
    return ascii::is_digit(c) || c == '-' || c == '+' || c == '.';
  };
  const auto is_in_name = [](char c) { return is_word_char(c) || c == ':'; };
  const auto count = [&](auto matches) {
    std::size_t size = 0;
    while (size < text.size() && matches(text[size])) ++size;
    return size;
  };
  if (is_in_number(text.front())) return count(is_in_number);
  if (is_word_char(text.front())) return count(is_in_name);
  const Sign* sign = sign_at(text);
  return sign != nullptr ? sign->text.size() : 0;
}

// How tightly an operator binds (perlop); more is tighter.
int precedence(Op op) {
  switch (op) {
    case Op::logical_not:
    case Op::negate: return 9;
    case Op::multiply:
    case Op::divide: return 8;
    case Op::add:
    case Op::subtract: return 7;
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return 6;
    case Op::equal:
    case Op::not_equal: return 5;
    case Op::bit_xor: return 4;
    case Op::logical_and: return 3;
    case Op::logical_or: return 2;
    default: return 1;  // conditional
  }
}

bool is_comparison(Op op) {
  return precedence(op) == 6 || precedence(op) == 5;
}

// Dijkstra's shunting yard.
class Yard {
 public:
  Expected<std::vector<MetaToken>, std::string> run(const std::vector<Symbol>& symbols) {
    for (const Symbol& symbol : symbols) {
      const std::string_view problem = wants_operand_ ? operand(symbol) : after_operand(symbol);
      if (!problem.empty()) return Failure(std::string(problem));
    }
    if (wants_operand_) return Failure("it ends where a value should follow");
    while (!waiting_.empty()) {
      if (waiting_.back().kind != Kind::sign) {
        return Failure(waiting_.back().kind == Kind::open ? "a \"(\" is not closed"
                                                          : "a \"?\" lacks its \":\"");
      }
      emit();
    }
    return std::move(out_);
  }

 private:
  std::string_view operand(const Symbol& symbol) {
    const bool follows_open = last_was_open_;
    last_was_open_ = symbol.kind == Kind::open;
    switch (symbol.kind) {
      case Kind::operand:
        out_.push_back(symbol.token);
        wants_operand_ = false;
        return {};
      case Kind::open: waiting_.push_back(symbol); return {};
      case Kind::close: return empty_parentheses(follows_open);
      case Kind::sign: return unary(symbol.token.op);
      case Kind::question:
      case Kind::colon: break;
    }
    return "a value is missing before a sign";
  }

  // "()" is 0: so SpamAssassin declares rules that something else makes hit.
  std::string_view empty_parentheses(bool follows_open) {
    if (!follows_open) return "a value is missing before \")\"";
    waiting_.pop_back();
    out_.push_back(number_symbol(0).token);
    wants_operand_ = false;
    return {};
  }

  std::string_view unary(Op op) {
    if (op == Op::add) return {};
    if (op != Op::subtract && op != Op::logical_not) return "a value is missing before a sign";
    Symbol symbol{Kind::sign, {}};
    symbol.token.op = op == Op::subtract ? Op::negate : op;
    waiting_.push_back(symbol);
    return {};
  }

  std::string_view after_operand(const Symbol& symbol) {
    switch (symbol.kind) {
      case Kind::operand:
      case Kind::open: return "a sign such as \"&&\" is missing between two values";
      case Kind::close: return close(Kind::open, "a \")\" closes nothing");
      case Kind::sign: return binary(symbol);
      case Kind::question:
        emit_tighter_than(precedence(Op::conditional) + 1);
        waiting_.push_back(symbol);
        wants_operand_ = true;
        return {};
      case Kind::colon: return colon();
    }
    return {};
  }

  std::string_view close(Kind opener, std::string_view problem) {
    while (!waiting_.empty() && waiting_.back().kind == Kind::sign) emit();
    if (waiting_.empty() || waiting_.back().kind != opener) return problem;
    waiting_.pop_back();
    return {};
  }

  std::string_view colon() {
    const std::string_view problem = close(Kind::question, "a \":\" lacks its \"?\"");
    if (!problem.empty()) return problem;
    Symbol symbol{Kind::sign, {}};
    symbol.token.op = Op::conditional;
    waiting_.push_back(symbol);
    wants_operand_ = true;
    return {};
  }

  std::string_view binary(const Symbol& symbol) {
    const Op op = symbol.token.op;
    if (op == Op::logical_not) return "\"!\" cannot stand between two values";
    emit_tighter_than(precedence(op) + (is_comparison(op) ? 1 : 0));
    if (is_comparison(op) && !waiting_.empty() && waiting_.back().kind == Kind::sign &&
        precedence(waiting_.back().token.op) == precedence(op)) {
      return "it compares three values in a row; write (A < B) && (B < C)";
    }
    waiting_.push_back(symbol);
    wants_operand_ = true;
    return {};
  }

  void emit_tighter_than(int least) {
    while (!waiting_.empty() && waiting_.back().kind == Kind::sign &&
           precedence(waiting_.back().token.op) >= least) {
      emit();
    }
  }

  void emit() {
    out_.push_back(waiting_.back().token);
    waiting_.pop_back();
  }

  std::vector<MetaToken> out_;
  std::vector<Symbol> waiting_;
  bool wants_operand_ = true;
  bool last_was_open_ = false;
};

constexpr double impossible = std::numeric_limits<double>::quiet_NaN();  // divided by zero

std::uint64_t as_bits(double value) {
  if (value >= 18446744073709551615.0) return ~std::uint64_t{0};
  if (value >= 0) return static_cast<std::uint64_t>(value);
  if (value <= -9223372036854775808.0) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

double binary_value(Op op, double a, double b) {
  if (op == Op::logical_and) return a == 0 || std::isnan(a) ? a : b;
  if (op == Op::logical_or) return a != 0 ? a : b;  // also where a is impossible
  if (std::isnan(a) || std::isnan(b)) return impossible;
  switch (op) {
    case Op::multiply: return a * b;
    case Op::divide: return b == 0 ? impossible : a / b;
    case Op::add: return a + b;
    case Op::subtract: return a - b;
    case Op::less: return a < b ? 1 : 0;
    case Op::less_equal: return a <= b ? 1 : 0;
    case Op::greater: return a > b ? 1 : 0;
    case Op::greater_equal: return a >= b ? 1 : 0;
    case Op::equal: return a == b ? 1 : 0;
    case Op::not_equal: return a != b ? 1 : 0;
    default: return static_cast<double>(as_bits(a) ^ as_bits(b));
  }
}

double pop(std::vector<double>& stack) {
  const double value = stack.back();
  stack.pop_back();
  return value;
}

}  // namespace

std::vector<std::string_view> expression_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t size = word_size(text);
    if (size > 0) words.push_back(text.substr(0, size));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return words;
}

std::optional<std::vector<Symbol>> signs_of(std::string_view word) {
  if (word == "--" || word == "++") return std::nullopt;  // would change a value
  std::vector<Symbol> symbols;
  while (!word.empty()) {
    const Sign* sign = sign_at(word);
    if (sign == nullptr) return std::nullopt;
    Symbol symbol{sign->kind, {}};
    symbol.token.op = sign->op;
    symbols.push_back(symbol);
    word.remove_prefix(sign->text.size());
  }
  return symbols;
}

Symbol number_symbol(double number) {
  Symbol symbol;
  symbol.token.number = number;
  return symbol;
}

Expected<std::vector<MetaToken>, std::string> to_postfix(const std::vector<Symbol>& symbols) {
  return Yard().run(symbols);
}

std::optional<double> value_without_hits(const std::vector<MetaToken>& tokens,
                                         bool local_tests_only) {
  std::vector<double> stack;
  for (const MetaToken& token : tokens) {
    switch (token.op) {
      case Op::rule: stack.push_back(0); break;
      case Op::number: stack.push_back(token.number); break;
      case Op::local_tests_only: stack.push_back(local_tests_only ? 1 : 0); break;
      case Op::negate: stack.back() = -stack.back(); break;
      case Op::logical_not:
        if (!std::isnan(stack.back())) stack.back() = stack.back() == 0 ? 1 : 0;
        break;
      case Op::conditional: {
        const double otherwise = pop(stack), then = pop(stack), condition = pop(stack);
        stack.push_back(std::isnan(condition) ? condition : condition != 0 ? then : otherwise);
        break;
      }
      default: {
        const double right = pop(stack), left = pop(stack);
        stack.push_back(binary_value(token.op, left, right));
      }
    }
  }
  if (stack.empty() || std::isnan(stack.back())) return std::nullopt;
  return stack.back();
}

}  // namespace postern::antispam
