#include "lib/antispam/rules/meta.hpp"

#include <algorithm>

#include "lib/antispam/rules/load.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

using Failure = Unexpected<std::string>;
using Op = MetaToken::Op;

constexpr std::string_view expansion = "rules_matching(";
constexpr std::size_t max_expansion_size = 1024;  // with what blanks are in it

// The glob of "rules_matching( GLOB )" at the start of `text`, and the size of it all; 0: it is
// none.
std::pair<std::string_view, std::size_t> expansion_at(std::string_view text) {
  const std::size_t close = text.find(')');
  if (!text.starts_with(expansion) || close == text.npos) return {};
  const std::string_view glob = trimmed(text.substr(expansion.size(), close - expansion.size()));
  const auto is_allowed = [](char c) { return is_word_char(c) || c == '*' || c == '?'; };
  if (glob.empty() || glob.size() > 128 || ascii::is_digit(glob.front()) ||
      !std::all_of(glob.begin(), glob.end(), is_allowed)) {
    return {};
  }
  return {glob, close + 1};
}

class MetaReader {
 public:
  explicit MetaReader(const MetaNames& names) : names_(names) {}

  Expected<std::vector<MetaToken>, std::string> read(std::string_view text) {
    std::size_t from = 0;
    for (std::size_t at = 0; (at = text.find(expansion, from)) != text.npos;) {
      const auto [glob, size] = expansion_at(text.substr(at, max_expansion_size));
      if (size == 0 || (at > 0 && is_word_char(text[at - 1]))) {
        from = at + 1;
        continue;
      }
      if (!add_words(text.substr(0, at))) return Failure(problem_);
      add_matching(glob);
      text.remove_prefix(at + size);
      from = 0;
    }
    if (!add_words(text) || (symbols_.size() > max_meta_tokens && !too_long())) {
      return Failure(problem_);
    }
    return to_postfix(symbols_);
  }

 private:
  bool add_words(std::string_view text) {
    for (const std::string_view word : expression_words(text)) {
      if (!add_word(word)) {
        problem_ = in_quotes(word) + " is neither a rule's name, nor a number, nor a sign";
        return false;
      }
      if (symbols_.size() > max_meta_tokens) {
        return too_long();
      }
    }
    return true;
  }

  bool too_long() {
    problem_ = "it has more than " + std::to_string(max_meta_tokens) + " parts";
    return false;
  }

  bool add_word(std::string_view word) {
    if (is_rule_name(word)) {
      symbols_.push_back(name_symbol(word));
      return true;
    }
    if (const auto number = decimal(word, "", false)) {
      symbols_.push_back(number_symbol(*number));
      return true;
    }
    const auto signs = signs_of(word);
    if (!signs || word.size() > 2) return false;
    symbols_.insert(symbols_.end(), signs->begin(), signs->end());
    return true;
  }

  Symbol name_symbol(std::string_view name) const {
    Symbol symbol;
    if (name == "local_tests_only") {
      symbol.token.op = Op::local_tests_only;
    } else {
      symbol.token.op = Op::rule;
      symbol.token.rule = names_.index(name);
    }
    return symbol;
  }

  void add_matching(std::string_view glob) {
    symbols_.push_back({Symbol::Kind::open, {}});
    bool is_first = true;
    for (const std::string_view name : names_.matching(glob)) {
      if (symbols_.size() > max_meta_tokens) break;  // read() says so
      if (!is_first) {
        symbols_.push_back({Symbol::Kind::sign, {}});
        symbols_.back().token.op = Op::add;
      }
      symbols_.push_back(name_symbol(name));
      is_first = false;
    }
    if (is_first) symbols_.push_back(number_symbol(0));
    symbols_.push_back({Symbol::Kind::close, {}});
  }

  const MetaNames& names_;
  std::vector<Symbol> symbols_;
  std::string problem_;
};

}  // namespace

Expected<std::vector<MetaToken>, std::string> read_meta(std::string_view expression,
                                                        const MetaNames& names) {
  return MetaReader(names).read(expression);
}

Expected<void, std::string> check_meta(std::string_view expression, bool local_tests_only) {
  const bool is_suspect = expression.find("::") != expression.npos ||
                          expression.find("->") != expression.npos ||
                          expression.find_first_of("$@%;{}") != expression.npos;
  if (is_suspect) return Failure("it holds one of :: -> $ @ % ; { }");
  const MetaNames none = {[](std::string_view) { return std::size_t{0}; },
                          [](std::string_view) { return std::vector<std::string_view>(); }};
  const auto tokens = read_meta(expression, none);
  if (!tokens) return Failure(tokens.error());
  if (!value_without_hits(*tokens, local_tests_only)) {
    return Failure("it divides by zero while no rule hits");
  }
  return {};
}

bool matches_glob(std::string_view text, std::string_view glob) {
  std::size_t at = 0, in_glob = 0;
  std::size_t star = glob.npos, retry = 0;
  while (at < text.size()) {
    if (in_glob < glob.size() && (glob[in_glob] == '?' || glob[in_glob] == text[at])) {
      ++at, ++in_glob;
    } else if (in_glob < glob.size() && glob[in_glob] == '*') {
      star = in_glob++;
      retry = at;
    } else if (star != glob.npos) {
      in_glob = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (in_glob < glob.size() && glob[in_glob] == '*') ++in_glob;
  return in_glob == glob.size();
}

}  // namespace postern::antispam
