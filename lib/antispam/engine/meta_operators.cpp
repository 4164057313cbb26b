#include <cmath>
#include <cstdint>
#include <limits>

#include "lib/antispam/engine/metas.hpp"

namespace postern::antispam {
namespace {

using Op = MetaToken::Op;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr ValueRange anything = {-infinity, infinity};
constexpr ValueRange perhaps = {0, 1};
// Less than any value of a rule that hits.
constexpr double smallest_hit = 1e-9;

ValueRange point(double value) {
  return {value, value};
}
ValueRange truth(bool value) {
  return point(value ? 1 : 0);
}

// Perl's numbers as whole ones for operators on bits; what has none is 0.
std::uint64_t whole(double value) {
  if (!(value > -9.2e18 && value < 1.8e19)) return 0;
  return value < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value))
                   : static_cast<std::uint64_t>(value);
}

// The result has the sign of the right operand.
double remainder_of(double left, double right) {
  const double divisor = std::trunc(right);
  if (divisor == 0) return 0;
  const double rest = std::fmod(std::trunc(left), divisor);
  return rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
}

double shifted(double left, double right, bool to_left) {
  const auto distance = static_cast<std::int64_t>(right);
  if (distance < 0 || distance > 63) return 0;
  return static_cast<double>(to_left ? whole(left) << distance : whole(left) >> distance);
}

// Operators that are computed for points only.
double compute(Op op, double left, double right) {
  switch (op) {
    case Op::divide: return right == 0 ? 0 : left / right;  // Perl would give up on the rule
    case Op::remainder: return remainder_of(left, right);
    case Op::bit_and: return static_cast<double>(whole(left) & whole(right));
    case Op::bit_or: return static_cast<double>(whole(left) | whole(right));
    case Op::bit_xor: return static_cast<double>(whole(left) ^ whole(right));
    case Op::bit_not: return static_cast<double>(~whole(left));
    case Op::shift_left: return shifted(left, right, true);
    case Op::shift_right: return shifted(left, right, false);
    case Op::power: return std::pow(left, right);
    default: return 0;
  }
}

ValueRange both(ValueRange left, ValueRange right) {
  if (left.is_zero()) return left;
  if (left.is_true()) return right;
  return {std::min(0.0, right.least), std::max(0.0, right.most)};
}

ValueRange either(ValueRange left, ValueRange right) {
  if (left.is_true()) return left;
  if (left.is_zero()) return right;
  const double least = left.least >= 0 ? smallest_hit : left.least;
  return {std::min(least, right.least), std::max(left.most, right.most)};
}

ValueRange negation(ValueRange value) {
  if (value.is_zero()) return truth(true);
  return value.is_true() ? truth(false) : perhaps;
}

ValueRange product(ValueRange left, ValueRange right) {
  if (left.is_zero() || right.is_zero()) return point(0);
  if (left.is_point() && right.is_point()) return point(left.least * right.least);
  if (left.least < 0 || right.least < 0) return anything;
  const double least = left.least * right.least;
  return {std::isnan(least) ? 0 : least, left.most * right.most};
}

ValueRange less(ValueRange left, ValueRange right) {
  if (left.most < right.least) return truth(true);
  return left.least >= right.most ? truth(false) : perhaps;
}

ValueRange less_equal(ValueRange left, ValueRange right) {
  if (left.most <= right.least) return truth(true);
  return left.least > right.most ? truth(false) : perhaps;
}

ValueRange equal(ValueRange left, ValueRange right) {
  if (left.is_point() && right.is_point()) return truth(left.least == right.least);
  return left.most < right.least || left.least > right.most ? truth(false) : perhaps;
}

}  // namespace

ValueRange apply_operator(Op op, ValueRange left, ValueRange right) {
  switch (op) {
    case Op::logical_not: return negation(left);
    case Op::negate: return {-left.most, -left.least};
    case Op::multiply: return product(left, right);
    case Op::add: return {left.least + right.least, left.most + right.most};
    case Op::subtract: return {left.least - right.most, left.most - right.least};
    case Op::less: return less(left, right);
    case Op::less_equal: return less_equal(left, right);
    case Op::greater: return less(right, left);
    case Op::greater_equal: return less_equal(right, left);
    case Op::equal: return equal(left, right);
    case Op::not_equal: return negation(equal(left, right));
    case Op::logical_and: return both(left, right);
    case Op::logical_or: return either(left, right);
    default: break;
  }
  const bool is_known = left.is_point() && (op == Op::bit_not || right.is_point());
  return is_known ? point(compute(op, left.least, right.least)) : anything;
}

}  // namespace postern::antispam
