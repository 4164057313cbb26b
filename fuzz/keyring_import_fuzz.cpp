// Any text may come as a configuration of OpenDKIM or rspamd: plans are bounded and name only what
// can be a key, and UCL written from what was read is read the same.
#include <algorithm>
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/dns/name.hpp"
#include "lib/keyring/import_opendkim.hpp"
#include "lib/keyring/import_rspamd.hpp"
#include "lib/keyring/ucl.hpp"

using namespace postern;
using fuzz::require;

namespace {

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "\"";
}

void check_ucl(std::string_view text) {
  const auto values = keyring::parse_ucl(text);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  if (!values) {
    require(values.error().line >= 1 && values.error().line <= lines);
    return;
  }
  std::string written;
  for (const keyring::UclValue& value : *values) {
    require(value.line >= 1 && value.line <= lines && !value.path.empty());
    if (value.path.size() > keyring::max_ucl_depth) return;  // named blocks count once
    for (const std::string& name : value.path) {
      if (name.empty()) return;  // only quotes can write it, and only where no name is needed
      written += quote(name) + (&name == &value.path.back() ? " = " : " { ");
    }
    written += quote(value.value) + ";" + std::string(value.path.size() - 1, '}') + "\n";
  }
  const auto again = keyring::parse_ucl(written);
  require(again && again->size() == values->size());
  for (std::size_t at = 0; at < values->size(); ++at) {
    require((*again)[at].path == (*values)[at].path && (*again)[at].value == (*values)[at].value);
  }
}

void check_plan(const keyring::ImportPlan& plan, std::string_view text) {
  require(plan.warnings.size() <= keyring::max_import_warnings + 1);
  for (const std::string& warning : plan.warnings) require(warning.size() < 700);
  for (const keyring::ImportedKey& key : plan.keys) {
    require(dns::parse_domain(key.domain) == key.domain);
    require(dns::parse_domain(key.selector) == key.selector);
    require(key.path.empty() != key.inline_key.empty());
    require(key.inline_key.empty() || fuzz::is_inside(key.inline_key, text));
  }
  for (const keyring::KeyPattern& pattern : plan.patterns) {
    require(pattern.path_of("a.example").starts_with(pattern.folder));
    if (const auto domain = pattern.domain_of(pattern.before + "a.example" + pattern.after)) {
      require(*domain == "a.example");
    }
  }
}

void check_opendkim(std::string_view text) {
  (void)keyring::guess_opendkim_file(text);
  const auto configuration = keyring::parse_opendkim_configuration(text, "f");
  check_plan(keyring::plan_single_key(configuration, "f"), text);
  check_plan(keyring::plan_key_table({text, "f"}, std::nullopt), text);
  check_plan(keyring::plan_key_table({text, "f"}, keyring::NamedText{text, "g"}), text);
  constexpr std::string_view keys = "a %:s:/k/%\nb b.example:s:x";
  check_plan(keyring::plan_key_table({keys, "f"}, keyring::NamedText{text, "g"}), keys);
}

void check_rspamd(std::string_view text) {
  const auto configuration = keyring::parse_rspamd_configuration(text, "f");
  if (!configuration) return;
  check_plan(keyring::plan_rspamd(*configuration, "f", std::nullopt, std::nullopt), text);
  const keyring::RspamdMap map{std::string(text.substr(0, 500)), "g"};
  check_plan(keyring::plan_rspamd(*configuration, "f", map, std::nullopt), text);
}

void check(std::string_view text) {
  check_ucl(text);
  check_opendkim(text);
  check_rspamd(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view ucl[] = {
      "domain", "selector", "path", "selectors", "a.example", "=",  ":", "{",  "}", "[",
      "]",      ";",        ",",    "\n",        " ",         "\"", "'", "#",  "$", "<<E",
      "E",      "/*",       "*/",   ".x",        "\\",        "/",  "k", "map"};
  static constexpr std::string_view tables[] = {
      "a",  "%",  "*@",     "a.example", ":",        " ",       "\n", "#",
      "/k", "./", "Domain", "KeyTable",  "Selector", "KeyFile", ",",  "refile:"};
  const std::string_view bytes = fuzz::text_of(data, size);
  check(bytes);
  check(fuzz::in_words(bytes, ucl));
  check(fuzz::in_words(bytes, tables));
  return 0;
}
