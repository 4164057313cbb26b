#include "lib/antispam/rules/conditions.hpp"

#include "lib/antispam/rules/expression.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

using Problem = Conditions::Problem;
using Failure = Unexpected<Problem>;

// At most ten "::", as SpamAssassin has it; words between them.
bool is_class_name(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t colon = text.find(':'); colon != text.npos; colon = text.find(':', 1)) {
    if (colon == 0 || text.substr(colon, 2) != "::" || ++depth > 10) return false;
    text.remove_prefix(colon + 2);
    if (text.starts_with(':')) return false;
  }
  return !text.empty();
}

class ConditionReader {
 public:
  ConditionReader(const Abilities& abilities, bool local_tests_only)
      : abilities_(abilities), local_tests_only_(local_tests_only) {}

  Expected<bool, Problem> read(std::string_view condition) {
    words_ = expression_words(condition);
    for (at_ = 0; at_ < words_.size(); ++at_) {
      if (!add(words_[at_])) {
        return Failure({in_quotes(words_[at_]) + " is not known in a condition", false});
      }
    }
    if (!problem_.empty()) return Failure({problem_, true});
    const auto tokens = to_postfix(symbols_);
    if (!tokens) return Failure({tokens.error(), true});
    const auto value = value_without_hits(*tokens, local_tests_only_);
    if (!value) return Failure({"it divides by zero", true});
    return *value != 0;
  }

 private:
  bool add(std::string_view word) {
    if (word == "plugin" || word == "can" || word == "has") return add_question(word);
    if (word == "version") return add_number(*decimal(program_version, "", false));
    if (word == "perl_version") return add_number(*decimal(perl_version, "", false));
    if (word == "local_tests_only") return add_number(local_tests_only_ ? 1 : 0);
    if (const auto number = decimal(word, "+-", false)) return add_signed(word, *number);
    if (const auto signs = signs_of(word); signs && word.size() <= 5) {
      symbols_.insert(symbols_.end(), signs->begin(), signs->end());
      return true;
    }
    return word.size() > 1 && is_class_name(word) && add_number(1);  // a text is true
  }

  bool add_number(double number) {
    symbols_.push_back(number_symbol(number));
    return true;
  }

  // Behind a value, the sign of "+1" is an operator.
  bool add_signed(std::string_view word, double number) {
    const bool is_behind_value =
        !symbols_.empty() && (symbols_.back().kind == Symbol::Kind::operand ||
                              symbols_.back().kind == Symbol::Kind::close);
    if (!is_behind_value || ascii::is_digit(word.front())) return add_number(number);
    symbols_.push_back(signs_of(word.substr(0, 1))->front());
    return add_number(word.front() == '-' ? -number : number);
  }

  // plugin(CLASS), can(METHOD), has(METHOD)
  bool add_question(std::string_view word) {
    const auto next = [&](std::size_t ahead) {
      return at_ + ahead < words_.size() ? words_[at_ + ahead] : std::string_view();
    };
    if (next(1) != "(" || next(3) != ")" || !is_class_name(next(2))) {
      problem_ =
          std::string(word) + "() needs a name, such as " +
          (word == "plugin" ? "plugin(Mail::SpamAssassin::Plugin::DKIM)"
                            : std::string(word) + "(Mail::SpamAssassin::Conf::feature_edns)");
      return true;
    }
    const std::string_view name = next(2);
    at_ += 3;
    if (word == "plugin") return add_number(is_plugin_loaded(abilities_, name) ? 1 : 0);
    if (name.find("::") == name.npos) {
      problem_ = in_quotes(name) + " names no method; write PACKAGE::METHOD";
    }
    return add_number(has_method(abilities_, name, word == "can") ? 1 : 0);
  }

  const Abilities& abilities_;
  bool local_tests_only_;
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
  std::vector<Symbol> symbols_;
  std::string problem_;
};

}  // namespace

Expected<void, Problem> Conditions::open(std::string_view word, std::string_view condition,
                                         std::size_t line) {
  std::string text =
      word == "ifplugin" ? "plugin (" + std::string(condition) + ")" : std::string(condition);
  auto known = known_.find(text);
  if (known == known_.end()) {
    const auto value = ConditionReader(abilities_, local_tests_only_).read(text);
    if (!value && !value.error().opens_block) return Failure(value.error());
    known = known_.emplace(std::move(text), value.value_or(false)).first;
    blocks_.push_back({skips_, line});
    skips_ = skips_ || !known->second;
    if (!value) return Failure(value.error());
    return {};
  }
  blocks_.push_back({skips_, line});
  skips_ = skips_ || !known->second;
  return {};
}

bool Conditions::otherwise() {
  if (blocks_.empty()) return false;
  // Whatever skips outside has been handed down to the innermost block.
  skips_ = blocks_.back().skipped_before || !skips_;
  return true;
}

bool Conditions::close() {
  if (blocks_.empty()) return false;
  skips_ = blocks_.back().skipped_before;
  blocks_.pop_back();
  return true;
}

std::vector<std::size_t> Conditions::end_file() {
  std::vector<std::size_t> lines;
  for (const Block& block : blocks_) lines.push_back(block.line);
  blocks_.clear();
  skips_ = false;
  return lines;
}

}  // namespace postern::antispam
