// Any octets may come as files of rules: what is made of them is bounded, and every warning names a
// line that exists.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/antispam/rules/load.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view words[] = {
    "\n",
    "\n",
    " ",
    "header ",
    "body ",
    "meta ",
    "A",
    "B",
    "__C",
    " =~ /",
    "/i",
    "x",
    "<T>",
    "replace_tag T ",
    "(",
    ")",
    " && ",
    "!",
    " + ",
    "1",
    "eval:f('",
    "'",
    "if ",
    "else",
    "endif",
    "version ",
    "score ",
    "tflags ",
    "net ",
    "priority ",
    "-5 ",
    "lang de ",
    "describe ",
    "include b.cf",
    "#",
    "\\",
    "rules_matching(*)",
    "replace_rules ",
    "replace_post T ",
    "<post T>",
    "uri_detail ",
    "text =~ /",
    "trusted_networks ",
    "10.0.0.0/8 ",
    "add_header all X ",
    "%{A}",
    "(?<A>",
    "askdns ",
    "uridnssub ",
    "127.0.0.2 ",
    "mimeheader ",
    "range=2-",
};

void check_tokens(const antispam::MetaTest& test, std::size_t names) {
  using Op = antispam::MetaToken::Op;
  std::size_t depth = 0;
  for (const antispam::MetaToken& token : test.tokens) {
    const bool is_value =
        token.op == Op::rule || token.op == Op::number || token.op == Op::local_tests_only;
    const bool is_unary = token.op == Op::logical_not || token.op == Op::negate;
    const std::size_t takes = is_value ? 0 : is_unary ? 1 : token.op == Op::conditional ? 3 : 2;
    require(depth >= takes && (token.op != Op::rule || token.rule < names));
    depth = depth - takes + 1;
  }
  require(depth == 1);
}

void check(const std::string& text) {
  antispam::LoadOptions options;
  options.include =
      [&](const std::string& path,
          const antispam::RuleFile&) -> Expected<std::vector<antispam::RuleFile>, std::string> {
    // Any path would make the text a thousand files.
    if (path != "b.cf") return Unexpected<std::string>("is not there");
    return std::vector<antispam::RuleFile>{{path, text}};
  };
  std::string plugins;
  for (const char* name : {"ReplaceTags", "MIMEHeader", "AskDNS", "URIDNSBL", "URIDetail"}) {
    plugins += std::string("loadplugin Mail::SpamAssassin::Plugin::") + name + "\n";
  }
  const antispam::RuleSet set = antispam::load_rules({{"p.pre", plugins}, {"a.cf", text}}, options);
  const std::size_t lines = fuzz::split_lines(text).size();
  require(set.warnings.size() <= antispam::max_rule_warnings + 1);
  for (const antispam::RuleWarning& warning : set.warnings) {
    require(warning.source.line >= 1 && warning.source.line <= lines && !warning.text.empty());
    require(warning.source.file != "p.pre" && warning.text.find('\n') == warning.text.npos);
  }
  std::string_view last;
  for (const antispam::Rule& rule : set.rules) {
    require(last < rule.name && rule.source.line >= 1 && rule.source.line <= lines);
    last = rule.name;
    if (const auto* meta = std::get_if<antispam::MetaTest>(&rule.test)) {
      check_tokens(*meta, set.meta_names.size());
    } else if (const auto* body = std::get_if<antispam::TextTest>(&rule.test)) {
      require(body->pattern.size() <= antispam::max_pattern_size * 2);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check(std::string(bytes));
  check(fuzz::in_words(bytes, words));
  return 0;
}
