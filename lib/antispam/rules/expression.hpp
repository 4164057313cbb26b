// Arithmetic of "if" lines and of meta rules: words and signs to postfix order, with Perl's
// precedence. Nothing here recurses: nesting costs memory, not stack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/rules/rule.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

/// What an expression is made of.
struct Symbol {
  enum class Kind : std::uint8_t { operand, sign, open, close, question, colon };
  Kind kind = Kind::operand;
  MetaToken token;  ///< Of an operand; of a sign the binary operator, or logical_not.
};

/// Words as SpamAssassin's lexer takes them: numbers with signs, names, signs. What is none of them
/// is passed over. Views borrow.
[[nodiscard]] std::vector<std::string_view> expression_words(std::string_view text);

/// The symbols of a word that is made of signs alone: "&&", "(", "+-". Nothing: there is no such
/// sign.
[[nodiscard]] std::optional<std::vector<Symbol>> signs_of(std::string_view word);

[[nodiscard]] Symbol number_symbol(double number);

/// \return Or what is wrong, a phrase for a warning.
[[nodiscard]] Expected<std::vector<MetaToken>, std::string> to_postfix(
    const std::vector<Symbol>& symbols);

/// The value while every rule is 0; nothing: it would divide by zero.
[[nodiscard]] std::optional<double> value_without_hits(const std::vector<MetaToken>& tokens,
                                                       bool local_tests_only);

}  // namespace postern::antispam
