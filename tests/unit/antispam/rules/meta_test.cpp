// Tests of meta rules. Values are those that Perl 5.36 computes.
#include "tests/unit/antispam/rules/load_support.hpp"

namespace postern::antispam {
namespace {

using test::loaded;
using test::rule;
using test::test_of;

// In postfix order, with names and signs.
std::string postfix(const RuleSet& set, std::string_view name) {
  using Op = MetaToken::Op;
  std::string text;
  for (const MetaToken& token : test_of<MetaTest>(set, name).tokens) {
    if (!text.empty()) text += ' ';
    switch (token.op) {
      case Op::rule: text += set.meta_names[token.rule]; break;
      case Op::number: text += std::to_string(static_cast<int>(token.number)); break;
      case Op::logical_not: text += '!'; break;
      case Op::negate: text += '~'; break;
      case Op::multiply: text += '*'; break;
      case Op::divide: text += '/'; break;
      case Op::add: text += '+'; break;
      case Op::subtract: text += '-'; break;
      case Op::less: text += '<'; break;
      case Op::less_equal: text += "<="; break;
      case Op::greater: text += '>'; break;
      case Op::greater_equal: text += ">="; break;
      case Op::equal: text += "=="; break;
      case Op::not_equal: text += "!="; break;
      case Op::logical_and: text += "&&"; break;
      case Op::logical_or: text += "||"; break;
      case Op::bit_xor: text += '^'; break;
      case Op::conditional: text += "?:"; break;
      case Op::local_tests_only: text += 'L'; break;
      default: text += "other";
    }
  }
  return text;
}

TEST_CASE("load_rules: expressions of metas", "[antispam]") {
  const auto [expression, result] = GENERATE(table<std::string, std::string>({
      {"A", "A"},
      {"A && B || C", "A B && C ||"},
      {"A || B && C", "A B C && ||"},
      {"(A || B) && !C", "A B || C ! &&"},
      {"A + B * 2 > 3", "A B 2 * + 3 >"},
      {"A - B - C", "A B - C -"},
      {"!A == B", "A ! B =="},
      {"A == B > C", "A B C > =="},
      {"A ^ B && C", "A B ^ C &&"},
      {"A == B ^ C", "A B == C ^"},
      {"A ? B : C ? 1 : 2", "A B C 1 2 ?: ?:"},
      {"A ? B ? 1 : 2 : C", "A B 1 2 ?: C ?:"},
      {"A || B ? 1 : 2", "A B || 1 2 ?:"},
      {"- A * B", "A ~ B *"},
      {"A - - B", "A B ~ -"},
      {"!!A", "A ! !"},
      {"()", "0"},
      {"(()) || A", "0 A ||"},
      {"local_tests_only && A", "L A &&"},
      {"B && A / B", "B A B / &&"},
      {"rules_matching(NO*)", "0"},
      {"rules_matching( X_? ) > 1", "X_1 X_2 + 1 >"},
      {"A+rules_matching(X_*)", "A X_1 X_10 + X_2 + +"},
  }));
  INFO(expression);
  const RuleSet set =
      loaded("body X_1 /a/\nbody X_2 /a/\nscore X_10 1\nmeta M " + expression + "\n");
  CHECK(set.warnings.empty());
  CHECK(postfix(set, "M") == result);
}

TEST_CASE("load_rules: metas that depend on themselves", "[antispam]") {
  const RuleSet set = loaded("meta A B\nmeta B !A\nmeta C C || D\nmeta D 1\nmeta E B && D\n");
  CHECK(postfix(set, "A") == "0");
  CHECK(postfix(set, "B") == "1");  // as if nothing had hit yet
  CHECK(postfix(set, "C") == "0");
  CHECK(postfix(set, "D") == "1");
  CHECK(postfix(set, "E") == "0");
  CHECK(set.warnings.size() == 4);
}

TEST_CASE("load_rules: what a meta needs runs no later than it", "[antispam]") {
  const RuleSet set = loaded(
      "body A /a/\nbody N /n/\ntflags N net\nmeta M A && N && K\nmeta K L\nbody L /l/\n"
      "priority M -500\n");
  CHECK(rule(set, "A").priority == -500);
  CHECK(rule(set, "L").priority == -500);
  CHECK(rule(set, "N").priority == -100);
  CHECK(rule(set, "M").flags.net);
  CHECK_FALSE(rule(set, "K").flags.net);
}

TEST_CASE("load_rules: deep nesting costs no stack", "[antispam][security]") {
  const std::size_t depth = 30'000;
  const RuleSet set =
      loaded("meta M " + std::string(depth, '(') + "A" + std::string(depth, ')') + "\n");
  CHECK(postfix(set, "M") == "A");
  const RuleSet too_long =
      loaded("meta M " + std::string(100'000, '(') + "A" + std::string(100'000, ')') + "\n");
  CHECK(too_long.warnings.size() == 1);
}

}  // namespace
}  // namespace postern::antispam
