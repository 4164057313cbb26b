#include "lib/keyring/import_opendkim.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::keyring {
namespace {

struct TableKey {
  std::size_t line = 0;
  std::string_view domain;  // "%" for that of the author
  std::string_view selector;
  std::string_view key;  // a path or the key itself
  bool used = false;
};
using TableKeys = std::map<std::string_view, TableKey>;

struct SigningLine {
  std::size_t line = 0;
  std::string domain;  // empty: no single domain
  std::string_view key_name;
};

bool is_path(std::string_view key) {
  return key.starts_with('/') || key.starts_with("./") || key.starts_with("../");
}

TableKeys parse_key_table(const NamedText& table, std::vector<std::string>& warnings) {
  TableKeys keys;
  for (const ConfigLine& line : config_lines(table.text)) {
    const std::size_t first = line.value.find(':');
    const std::size_t second = line.value.find(':', first == line.value.npos ? first : first + 1);
    if (second == line.value.npos) {
      add_warning(warnings, table.file, line.number, "is no line \"NAME DOMAIN:SELECTOR:KEY\"");
      continue;
    }
    const TableKey key{line.number, ascii::trim(line.value.substr(0, first)),
                       ascii::trim(line.value.substr(first + 1, second - first - 1)),
                       ascii::trim(line.value.substr(second + 1))};
    if (!keys.emplace(line.key, key).second) {
      add_warning(warnings, table.file, line.number, "names a key a second time");
    }
  }
  return keys;
}

// The domain whose authors a pattern is about; empty for several or any.
std::string pattern_domain(std::string_view pattern) {
  const std::size_t at = pattern.rfind('@');
  const auto domain = dns::parse_domain(at == pattern.npos ? pattern : pattern.substr(at + 1));
  return domain ? *domain : std::string();
}

bool names_one_user(std::string_view pattern) {
  const std::size_t at = pattern.rfind('@');
  return at != pattern.npos && at > 0 && pattern.substr(0, at) != "*";
}

std::vector<SigningLine> parse_signing_table(const NamedText& table,
                                             std::vector<std::string>& warnings) {
  std::vector<SigningLine> lines;
  for (const ConfigLine& line : config_lines(table.text)) {
    const std::string_view name = ascii::trim(line.value.substr(0, line.value.find(':')));
    if (name.empty()) {
      add_warning(warnings, table.file, line.number, "is no line \"PATTERN NAME\"");
      continue;
    }
    if (names_one_user(line.key)) {
      add_warning(
          warnings, table.file, line.number,
          in_quotes(line.key) + " is about single users; Postern signs for the whole domain");
    }
    lines.push_back({line.number, pattern_domain(line.key), name});
  }
  return lines;
}

class Planner {
 public:
  Planner(const NamedText& key_table, const std::optional<NamedText>& signing_table)
      : key_file_(key_table.file), keys_(parse_key_table(key_table, plan_.warnings)) {
    if (!signing_table) {
      for (auto& [name, key] : keys_) use(key, "");
      return;
    }
    for (const SigningLine& line : parse_signing_table(*signing_table, plan_.warnings)) {
      follow(line, signing_table->file);
    }
    for (const auto& [name, key] : keys_) {
      if (key.used) continue;
      warn(key, in_quotes(name) + " is used by no line of the SigningTable: left out");
    }
  }

  ImportPlan take() { return std::move(plan_); }

 private:
  void warn(const TableKey& key, const std::string& problem) {
    add_warning(plan_.warnings, key_file_, key.line, problem);
  }

  // "%" as name is the author's domain; without a single domain, any key may be meant.
  void follow(const SigningLine& line, std::string_view file) {
    if (line.key_name == "%" && line.domain.empty()) {
      for (auto& [name, key] : keys_) use(key, "");
      return;
    }
    const std::string_view name = line.key_name == "%" ? line.domain : line.key_name;
    const auto found = keys_.find(name);
    if (found == keys_.end()) {
      add_warning(plan_.warnings, file, line.line,
                  in_quotes(name) + " is in no line of the KeyTable");
      return;
    }
    use(found->second, line.domain);
    const auto domain = dns::parse_domain(found->second.domain);
    if (domain && !line.domain.empty() && !dns::is_at_or_below(line.domain, *domain)) {
      add_warning(plan_.warnings, file, line.line,
                  "mail of " + line.domain + " was signed as " + *domain +
                      "; Postern signs it with a key of its own domain only");
    }
  }

  void use(TableKey& key, const std::string& author_domain) {
    const bool is_first = !key.used;
    key.used = true;
    if (key.domain != "%") {
      if (is_first) add(key, key.domain);
    } else if (!author_domain.empty()) {
      add(key, author_domain);
    } else if (is_first) {
      warn(key, "\"%\" stands for a domain that no line names: import its keys one by one");
    }
  }

  void add(const TableKey& key, std::string_view written_domain) {
    const auto domain = dns::parse_domain(written_domain);
    const auto selector = dns::parse_domain(key.selector);
    if (!domain || !selector) {
      warn(key, in_quotes(domain ? key.selector : written_domain) + " is no domain name");
      return;
    }
    if (key.key.empty()) {
      warn(key, "has no key");
      return;
    }
    if (plan_.keys.size() >= max_imported_keys || !taken_.insert({*domain, *selector}).second) {
      return;
    }
    ImportedKey imported;
    imported.domain = *domain;
    imported.selector = *selector;
    imported.origin = std::string(key_file_) + ":" + std::to_string(key.line);
    if (is_path(key.key)) {
      imported.path = replace_all(key.key, "%", *domain);
    } else {
      imported.inline_key = key.key;
    }
    plan_.keys.push_back(std::move(imported));
  }

  ImportPlan plan_;  // first: what parses the table writes into it
  std::string_view key_file_;
  TableKeys keys_;
  std::set<std::pair<std::string, std::string>> taken_;
};

// The path of a data set that is a file; a warning for other kinds.
std::string data_set_path(const ConfigLine& line, std::string_view file,
                          std::vector<std::string>& warnings) {
  std::string_view value = line.value;
  for (const std::string_view kind : {"refile:", "file:"}) {
    if (value.starts_with(kind)) value.remove_prefix(kind.size());
  }
  if (is_path(value)) return std::string(value);
  add_warning(warnings, file, line.number,
              std::string(line.key) + " is no file: write its lines into one and name that");
  return {};
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> items;
  if (value.starts_with("csl:")) value.remove_prefix(4);
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view item = ascii::trim(value.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    if (comma == value.npos) return items;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

OpendkimFile guess_opendkim_file(std::string_view text) {
  constexpr std::string_view parameters[] = {
      "domain", "selector", "keyfile",          "keytable", "signingtable", "socket", "syslog",
      "mode",   "userid",   "canonicalization", "umask",    "pidfile",      "include"};
  const std::vector<ConfigLine> lines = config_lines(text);
  std::size_t tables = 0;
  for (const ConfigLine& line : lines) {
    const std::string name = ascii::to_lower(line.key);
    if (std::find(std::begin(parameters), std::end(parameters), name) != std::end(parameters)) {
      return OpendkimFile::configuration;
    }
    if (std::count(line.value.begin(), line.value.end(), ':') >= 2) ++tables;
  }
  return tables * 2 > lines.size() ? OpendkimFile::key_table : OpendkimFile::signing_table;
}

OpendkimConfiguration parse_opendkim_configuration(std::string_view text, std::string_view file) {
  OpendkimConfiguration found;
  for (const ConfigLine& line : config_lines(text)) {
    const std::string name = ascii::to_lower(line.key);
    if (name == "domain") {
      found.domains = split_list(line.value);
      found.domain_line = line.number;
    } else if (name == "selector") {
      found.selector = std::string(line.value);
    } else if (name == "keyfile") {
      found.key_file = std::string(line.value);
    } else if (name == "keytable") {
      found.key_table = data_set_path(line, file, found.warnings);
    } else if (name == "signingtable") {
      found.signing_table = data_set_path(line, file, found.warnings);
    } else if (name == "include") {
      add_warning(found.warnings, file, line.number, "Include is not followed: import that file");
    }
  }
  return found;
}

ImportPlan plan_single_key(const OpendkimConfiguration& configuration, std::string_view file) {
  ImportPlan plan;
  const std::size_t line = configuration.domain_line;
  const auto selector = dns::parse_domain(configuration.selector);
  if (configuration.key_file.empty() || !selector || configuration.domains.empty()) {
    add_warning(plan.warnings, file, 0,
                "names no key: neither KeyTable, nor Domain, Selector, and KeyFile");
    return plan;
  }
  for (const std::string& written : configuration.domains) {
    const auto domain = dns::parse_domain(written);
    if (!domain) {
      add_warning(plan.warnings, file, line, in_quotes(written) + " is no domain name: left out");
      continue;
    }
    if (plan.keys.size() >= max_imported_keys) break;
    ImportedKey key;
    key.domain = *domain;
    key.selector = *selector;
    key.path = configuration.key_file;
    key.origin = std::string(file) + ":" + std::to_string(line);
    plan.keys.push_back(std::move(key));
  }
  return plan;
}

ImportPlan plan_key_table(const NamedText& key_table,
                          const std::optional<NamedText>& signing_table) {
  return Planner(key_table, signing_table).take();
}

}  // namespace postern::keyring
