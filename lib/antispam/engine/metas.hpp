// Meta rules: arithmetic over what other rules found (PerMsgStatus, Plugin::Check).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/antispam/rules/rule_set.hpp"

namespace postern::antispam {

/// What a value is known to be: one of [least, most]. A point where both are equal.
struct ValueRange {
  double least = 0;
  double most = 0;

  [[nodiscard]] bool is_zero() const { return least == 0 && most == 0; }
  [[nodiscard]] bool is_true() const { return least > 0 || most < 0; }
  [[nodiscard]] bool is_point() const { return least == most; }
};

/// One step of postfix order over ranges, as Perl computes: && and || give one of their operands.
/// \param right  Not used by operators of one operand.
[[nodiscard]] ValueRange apply_operator(MetaToken::Op op, ValueRange left, ValueRange right);

/// Immutable.
class Metas {
 public:
  /// \param is_active  By rule: its score in the set is not zero.
  /// \param runs       By rule that is no meta: it is run, so that it has an answer before the end.
  Metas(const RuleSet& rules, const std::vector<bool>& is_active, const std::vector<bool>& runs,
        bool local_tests_only);

  /// Fills in the values of metas. \param values  By rule; 0: no hit.
  void conclude(std::vector<double>& values) const;

  /// Rules whose value can still decide whether a meta that counts hits, of those whose range is no
  /// point. \param ranges  By rule; those of metas are filled in.
  [[nodiscard]] std::vector<std::size_t> undecided(std::vector<ValueRange>& ranges) const;

  /// By rule: a meta asks for it while its own score is zero; laziness would not be exact there.
  [[nodiscard]] const std::vector<bool>& is_delicate() const { return is_delicate_; }
  /// Metas that depend on themselves; they never hit.
  [[nodiscard]] const std::vector<std::size_t>& cycles() const { return cycles_; }

 private:
  struct Meta {
    std::size_t rule = 0;
    bool is_active = false;
    bool is_early = false;  ///< All that it needs is run: it is evaluated even if its score is 0.
    bool counts = false;    ///< Active and no sub-rule.
    std::uint32_t first_token = 0;
    std::uint32_t last_token = 0;
  };
  struct Step {
    MetaToken::Op op = MetaToken::Op::number;
    std::uint32_t rule = 0;  ///< Of Op::rule; no_rule: unknown name.
    double number = 0;
  };
  static constexpr std::uint32_t no_rule = 0xFFFFFFFF;

  void add(const RuleSet& rules, std::size_t index, const std::vector<bool>& is_active,
           bool local_tests_only, const std::vector<std::uint32_t>& by_name);
  void sort_by_dependency();
  void find_early(const std::vector<bool>& runs);
  void find_delicate(std::size_t rules);
  [[nodiscard]] std::span<const Step> steps(const Meta& meta) const;
  [[nodiscard]] ValueRange evaluate(const Meta& meta, const std::vector<ValueRange>& ranges,
                                    std::vector<ValueRange>& stack) const;
  [[nodiscard]] bool is_blocked(const Meta& meta, const std::vector<bool>& blocked) const;

  std::vector<Meta> metas_;  // each after those it needs
  std::vector<Step> steps_;
  std::vector<std::uint32_t> meta_of_rule_;
  std::vector<bool> is_delicate_;
  std::vector<std::size_t> cycles_;
};

}  // namespace postern::antispam
