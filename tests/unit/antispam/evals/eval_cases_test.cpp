// Runs the examples of eval_cases.txt, each of which SpamAssassin 4.0.1 has been asked.
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/rendered_message.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

constexpr const char* cases_file = "tests/unit/antispam/evals/eval_cases.txt";

class CompiledPatterns final : public RegexSource {
 public:
  const Regex* regex(std::string_view pattern) const override {
    auto [place, is_new] = regexes_.try_emplace(std::string(pattern));
    if (is_new) {
      auto compiled = compiler_.compile(pattern);
      REQUIRE(compiled.has_value());
      place->second = std::move(*compiled);
    }
    return place->second.get();
  }

 private:
  io::Pcre2Compiler compiler_;
  mutable std::map<std::string, std::unique_ptr<Regex>> regexes_;
};

struct Question {
  EvalTest test;
  bool hits = false;
  std::string line;
};

struct Case {
  std::string name;
  std::vector<Question> questions;
  std::string message;
};

/// "'a', '1'" without the quotes. Arguments of the examples hold neither quotes nor commas.
std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  std::size_t at = 0;
  while ((at = text.find('\'', at)) != text.npos) {
    const std::size_t end = text.find('\'', at + 1);
    arguments.emplace_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return arguments;
}

/// "header check_x('1') = 1"
Question parse_question(const std::string& line) {
  const std::size_t blank = line.find(' ');
  const std::size_t opening = line.find('(');
  const std::size_t closing = line.rfind(')');
  Question question;
  question.line = line;
  question.hits = line.back() == '1';
  question.test.kind = line.starts_with("header") ? EvalTest::Kind::header : EvalTest::Kind::body;
  question.test.function = line.substr(blank + 1, opening - blank - 1);
  question.test.arguments =
      split_arguments(std::string_view(line).substr(opening, closing - opening));
  return question;
}

std::vector<Case> read_cases() {
  std::ifstream file(cases_file, std::ios::binary);
  REQUIRE(file);
  std::vector<Case> cases;
  bool in_message = false;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("== ")) {
      cases.push_back({line.substr(3), {}, {}});
      in_message = false;
    } else if (cases.empty()) {
      continue;  // the comment on top
    } else if (in_message) {
      cases.back().message += line + "\n";
    } else if (line == "--") {
      in_message = true;
    } else {
      cases.back().questions.push_back(parse_question(line));
    }
  }
  return cases;
}

TEST_CASE("evals: answer as SpamAssassin does", "[antispam][evals]") {
  RuleSet rules;
  for (const char* tld : {"com", "net", "org", "example"}) rules.options.tlds.emplace(tld);
  const RegistryBoundaries boundaries(rules.options);
  const std::vector<const Regex*> redirectors;
  const io::EncodeCharsets charsets;
  const RenderEnvironment environment{rules.options, boundaries, redirectors, charsets};
  const CompiledPatterns patterns;
  for (const Case& example : read_cases()) {
    RenderedMessage message(example.message, environment);
    EvalMemory memory;
    EvalContext context{
        .rules = rules, .message = message, .memory = memory, .regexes = patterns, .rule_name = {}};
    for (const Question& question : example.questions) {
      INFO(example.name << ": " << question.line);
      const Eval* eval = find_eval(question.test.function);
      REQUIRE(eval != nullptr);
      CHECK((eval->run(context, question.test.arguments) > 0) == question.hits);
    }
  }
}

TEST_CASE("find_eval: every function is in one table only", "[antispam][evals]") {
  const std::span<const Eval> all = evals();
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i - 1].name < all[i].name);
  for (const MissingEval& missing : missing_evals()) {
    CHECK(find_eval(missing.name) == nullptr);
    CHECK(find_missing_eval(missing.name) == &missing);
  }
  CHECK(find_eval("check_no_such_function") == nullptr);
}

}  // namespace
}  // namespace postern::antispam
