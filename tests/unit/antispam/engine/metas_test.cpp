// Results are those of SpamAssassin 4.0.1 for the same rules.
#include "lib/antispam/engine/metas.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "lib/antispam/rules/load.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Values = std::map<std::string, double>;

struct World {
  RuleSet set;
  std::vector<bool> is_active;

  explicit World(const std::string& text) : set(load_rules({{"test.cf", text}}, {})) {
    for (const Rule& rule : set.rules) is_active.push_back(rule.scores[0] != 0);
  }
  Metas metas() const {
    return Metas(set, is_active, std::vector<bool>(set.rules.size(), true), true);
  }
  std::size_t index(const std::string& name) const { return set.find(name).value(); }

  Values conclude(const Values& found) const {
    std::vector<double> values(set.rules.size());
    for (const auto& [name, value] : found) values[index(name)] = value;
    metas().conclude(values);
    Values hits;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != 0) hits[set.rules[i].name] = values[i];
    }
    return hits;
  }

  std::vector<std::string> undecided(const Values& found, const std::vector<std::string>& open) {
    std::vector<ValueRange> ranges(set.rules.size());
    for (const auto& [name, value] : found) ranges[index(name)] = {value, value};
    for (const std::string& name : open) ranges[index(name)] = {0, 1e300};
    std::vector<std::string> names;
    for (const std::size_t rule : metas().undecided(ranges)) names.push_back(set.rules[rule].name);
    std::sort(names.begin(), names.end());
    return names;
  }
};

const std::string subrules =
    "body __A /aaa/\nbody __B /bbb/\nbody __C /ccc/\ntflags __C multiple\n";

TEST_CASE("Metas: arithmetic as Perl's", "[antispam][metas]") {
  const World world(subrules +
                    "meta M1 __A && !__B\nmeta M2 (__A + __B + __C > 3)\nmeta M3 __C || __A\n"
                    "meta M4 __A && __C\nmeta M5 __C * 2 - 1\nmeta M6 __B - __A\nmeta M7 M1 && M2\n"
                    "meta M8 !__A\nmeta M9 __NOWHERE\n");
  CHECK(world.conclude({{"__A", 1}, {"__C", 3}}) == Values{{"M1", 1},
                                                           {"M2", 1},
                                                           {"M3", 3},
                                                           {"M4", 3},
                                                           {"M5", 5},
                                                           {"M6", 1},
                                                           {"M7", 1},
                                                           {"__A", 1},
                                                           {"__C", 3}});
}

TEST_CASE("Metas: those that depend on a false one of score 0, and on a true one",
          "[antispam][metas]") {
  const World world(subrules + "meta ZERO __A\nscore ZERO 0\nmeta M !ZERO && __B\nmeta N !M\n");
  CHECK(world.conclude({{"__B", 1}}) == Values{{"M", 1}, {"__B", 1}});
  CHECK(world.conclude({{"__A", 1}, {"__B", 1}}) == Values{{"__A", 1}, {"__B", 1}});
}

TEST_CASE("Metas::undecided: only what can still change what is seen", "[antispam][metas]") {
  World world(subrules + "meta __M __B && __C\nmeta SEEN __A && __M\nmeta __UNSEEN __C\n");
  using Names = std::vector<std::string>;
  CHECK(world.undecided({{"__A", 0}}, {"__B", "__C"}).empty());
  CHECK(world.undecided({{"__A", 1}}, {"__B", "__C"}) == Names{"__B", "__C"});
  CHECK(world.undecided({{"__A", 1}, {"__B", 0}}, {"__C"}).empty());
  CHECK(world.undecided({{"__A", 1}, {"__B", 1}}, {"__C"}) == Names{"__C"});
}

TEST_CASE("apply_operator: a range holds whatever its points give", "[antispam][metas]") {
  using Op = MetaToken::Op;
  const std::vector<double> points = {-2, -1, 0, 0.5, 1, 3};
  for (const Op op :
       {Op::logical_not,   Op::negate,   Op::multiply,  Op::divide,      Op::remainder,
        Op::add,           Op::subtract, Op::less,      Op::less_equal,  Op::greater,
        Op::greater_equal, Op::equal,    Op::not_equal, Op::logical_and, Op::logical_or,
        Op::bit_and,       Op::bit_or,   Op::bit_xor,   Op::bit_not,     Op::shift_left,
        Op::shift_right}) {
    for (const double a : points) {
      for (const double b : points) {
        const ValueRange range = apply_operator(op, {std::min(a, 0.0), std::max(a, 0.0)}, {b, 3});
        const ValueRange point = apply_operator(op, {a, a}, {b, b});
        CAPTURE(static_cast<int>(op), a, b);
        CHECK(point.is_point());
        CHECK((range.least <= point.least && point.least <= range.most));
      }
    }
  }
}

}  // namespace
}  // namespace postern::antispam
