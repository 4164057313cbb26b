#include "lib/antispam/evals/comparison.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

struct Comparison {
  std::string_view text;
  bool (*holds)(double, double);
};

/// Longer ones first.
constexpr std::array comparisons = {
    Comparison{"<=", [](double a, double b) { return a <= b; }},
    Comparison{">=", [](double a, double b) { return a >= b; }},
    Comparison{"==", [](double a, double b) { return a == b; }},
    Comparison{"!=", [](double a, double b) { return a != b; }},
    Comparison{"<", [](double a, double b) { return a < b; }},
    Comparison{">", [](double a, double b) { return a > b; }},
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool is_at_end() {
    skip_blanks();
    return text_.empty();
  }

  const Comparison* comparison() {
    skip_blanks();
    for (const Comparison& candidate : comparisons) {
      if (!text_.starts_with(candidate.text)) continue;
      text_.remove_prefix(candidate.text.size());
      return &candidate;
    }
    return nullptr;
  }

  /// "+ 3 - 1" to add to what stands before; 0 if there is no sign.
  std::optional<double> sum_behind() {
    double sum = 0;
    while (const char sign = take_sign()) {
      const auto term = signed_number();
      if (!term) return std::nullopt;
      sum += sign == '-' ? -*term : *term;
    }
    return sum;
  }

  std::optional<double> sum() {
    const auto first = signed_number();
    const auto rest = first ? sum_behind() : std::nullopt;
    return rest ? std::optional(*first + *rest) : std::nullopt;
  }

 private:
  void skip_blanks() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  char take_sign() {
    skip_blanks();
    if (text_.empty() || (text_.front() != '+' && text_.front() != '-')) return 0;
    const char sign = text_.front();
    text_.remove_prefix(1);
    return sign;
  }

  std::optional<double> signed_number() {
    const char sign = take_sign();
    skip_blanks();
    double number = 0;
    std::size_t digits = 0;
    while (digits < text_.size() && ascii::is_digit(text_[digits])) ++digits;
    if (digits == 0) return std::nullopt;
    std::from_chars(text_.data(), text_.data() + digits, number);
    text_.remove_prefix(digits);
    return sign == '-' ? -number : number;
  }

  std::string_view text_;
};

}  // namespace

bool is_true_for(double value, std::string_view condition) {
  if (condition.empty()) return false;
  Reader reader(condition);
  const auto added = reader.sum_behind();
  if (!added) return false;
  const Comparison* comparison = reader.comparison();
  if (comparison == nullptr) return reader.is_at_end() && value + *added != 0;
  const auto other = reader.sum();
  return other && reader.is_at_end() && comparison->holds(value + *added, *other);
}

}  // namespace postern::antispam
