#include "lib/keyring/import_rspamd.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "lib/dns/name.hpp"
#include "lib/keyring/ucl.hpp"

namespace postern::keyring {
namespace {

// Where Debian's package keeps what these stand for.
constexpr std::pair<std::string_view, std::string_view> variables[] = {
    {"${LOCAL_CONFDIR}", "/etc/rspamd"}, {"$LOCAL_CONFDIR", "/etc/rspamd"},
    {"${CONFDIR}", "/etc/rspamd"},       {"$CONFDIR", "/etc/rspamd"},
    {"${DBDIR}", "/var/lib/rspamd"},     {"$DBDIR", "/var/lib/rspamd"}};

// Options that say when to sign, not with what.
constexpr std::string_view other_options[] = {"enabled",
                                              "allow_envfrom_empty",
                                              "allow_hdrfrom_mismatch",
                                              "allow_id_mismatch",
                                              "allow_hdrfrom_multiple",
                                              "allow_username_mismatch",
                                              "sign_authenticated",
                                              "sign_local",
                                              "sign_inbound",
                                              "symbol",
                                              "try_fallback",
                                              "use_domain",
                                              "use_domain_sign_networks",
                                              "use_domain_sign_local",
                                              "use_domain_sign_inbound",
                                              "use_domain_custom",
                                              "use_esld",
                                              "key_prefix",
                                              "check_pubkey",
                                              "allow_pubkey_mismatch",
                                              "sign_networks",
                                              "auth_only",
                                              "skip_spam_sign",
                                              "selector_prefix",
                                              "sign_headers",
                                              "use_http_headers",
                                              "use_milter_headers",
                                              "allow_hdrfrom_mismatch_local",
                                              "allow_hdrfrom_mismatch_sign_networks",
                                              "sign_condition",
                                              "signing_table_strict",
                                              "priority"};

std::string expand(std::string_view text) {
  std::string expanded(text);
  for (const auto& [name, value] : variables) expanded = replace_all(expanded, name, value);
  return expanded;
}

class ConfigurationReader {
 public:
  ConfigurationReader(std::string_view file, RspamdConfiguration& found)
      : file_(file), found_(found) {}

  void read(const std::vector<UclValue>& values) {
    for (const UclValue& value : values) {
      std::vector<std::string_view> path(value.path.begin(), value.path.end());
      if (path.size() > 1 && path.front() == "dkim_signing") path.erase(path.begin());
      if (path.front() == "domain" && path.size() > 1) {
        read_domain(path, value);
      } else {
        read_option(path, value);
      }
    }
    for (auto& [domain, block] : domains_) add_entries(domain, block);
  }

 private:
  struct Block {
    RspamdConfiguration::Entry own;
    std::map<std::size_t, RspamdConfiguration::Entry> selectors;  // by number
  };

  void warn(std::size_t line, const std::string& problem) {
    add_warning(found_.warnings, file_, line, problem);
  }

  void read_option(const std::vector<std::string_view>& path, const UclValue& value) {
    const std::string_view name = path.front();
    const bool is_simple = path.size() == 1;
    if (name == "path" && is_simple) {
      found_.path = expand(value.value);
    } else if (name == "selector" && is_simple) {
      found_.selector = value.value;
    } else if ((name == "selector_map" || name == "path_map") && path.size() <= 2) {
      std::string& map = name == "path_map" ? found_.path_map : found_.selector_map;
      map = map_path(value);
    } else if (name == "use_redis" || name == "use_vault") {
      const bool off = value.value == "false" || value.value == "no" || value.value == "off";
      if (!off) warn(value.line, std::string(name) + ": keys that are not in files are left out");
    } else if (name == "signing_table" || name == "key_table") {
      warn(value.line, std::string(name) +
                           " has the form of OpenDKIM: use \"postern dkim import opendkim\" on it");
    } else if (std::find(std::begin(other_options), std::end(other_options), name) ==
               std::end(other_options)) {
      warn(value.line, in_quotes(name) + " is not understood: passed over");
    }
  }

  std::string map_path(const UclValue& value) {
    std::string path = expand(value.value);
    if (path.starts_with("file://")) path.erase(0, 7);
    if (path.starts_with("file:")) path.erase(0, 5);
    if (path.starts_with('/')) return path;
    warn(value.line, "the map is no file with an absolute path: left out");
    return {};
  }

  // domain.NAME.selector, domain.NAME.path, domain.NAME.selectors.NUMBER.selector or .path
  void read_domain(const std::vector<std::string_view>& path, const UclValue& value) {
    const std::string_view option = path.back();
    const bool is_own = path.size() == 3;
    const bool is_listed = path.size() == 5 && path[2] == "selectors";
    if ((!is_own && !is_listed) || (option != "selector" && option != "path")) {
      warn(value.line, in_quotes(option) + " in a domain block is not understood: passed over");
      return;
    }
    Block& block = domains_[path[1]];
    RspamdConfiguration::Entry& entry = is_own ? block.own : listed(block, path[3]);
    if (entry.line == 0) entry.line = value.line;
    if (option == "selector") {
      entry.selector = value.value;
    } else {
      entry.path = expand(value.value);
    }
  }

  static RspamdConfiguration::Entry& listed(Block& block, std::string_view number) {
    std::size_t index = 0;  // the reader made the number
    for (const char c : number) index = index * 10 + static_cast<std::size_t>(c - '0');
    return block.selectors[index];
  }

  void add_entries(std::string_view domain, Block& block) {
    if (block.selectors.empty()) block.selectors[0] = block.own;
    for (auto& [number, entry] : block.selectors) {
      entry.domain = std::string(domain);
      if (entry.selector.empty()) entry.selector = block.own.selector;
      if (entry.path.empty()) entry.path = block.own.path;
      found_.entries.push_back(std::move(entry));
    }
  }

  std::string_view file_;
  RspamdConfiguration& found_;
  std::map<std::string_view, Block> domains_;  // ordered by name, so that plans are stable
};

class Planner {
 public:
  Planner(const RspamdConfiguration& configuration, std::string_view file)
      : configuration_(configuration), file_(file) {}

  void add(const RspamdConfiguration::Entry& entry, std::string_view file) {
    const std::string& selector = or_default(entry.selector, configuration_.selector);
    const auto domain = dns::parse_domain(entry.domain);
    const auto checked = dns::parse_domain(selector);
    if (!domain || !checked) {
      add_warning(plan_.warnings, file, entry.line,
                  in_quotes(domain ? selector : entry.domain) + " is no domain name: left out");
      return;
    }
    const std::string& path = or_default(entry.path, configuration_.path);
    if (path.empty()) {
      add_warning(plan_.warnings, file, entry.line, "names no path of a key: left out");
      return;
    }
    if (plan_.keys.size() >= max_imported_keys || !taken_.insert({*domain, *checked}).second) {
      return;
    }
    ImportedKey key;
    key.domain = *domain;
    key.selector = *checked;
    key.path = replace_all(replace_all(path, "$domain", entry.domain), "$selector", selector);
    key.origin = std::string(file) + ":" + std::to_string(entry.line);
    plan_.keys.push_back(std::move(key));
  }

  // A domain may be in one map or in both; what it lacks comes from the whole.
  void add_maps(const std::optional<RspamdMap>& selectors, const std::optional<RspamdMap>& paths) {
    std::map<std::string, RspamdConfiguration::Entry, std::less<>> by_domain;
    std::map<std::string, std::string_view, std::less<>> files;
    const auto read = [&](const RspamdMap& map, std::string RspamdConfiguration::Entry::*member) {
      for (const ConfigLine& line : config_lines(map.text)) {
        RspamdConfiguration::Entry& entry = by_domain[std::string(line.key)];
        if (entry.line == 0) {
          entry.domain = std::string(line.key);
          entry.line = line.number;
          files[entry.domain] = map.file;
        }
        entry.*member = expand(line.value);
      }
    };
    if (selectors) read(*selectors, &RspamdConfiguration::Entry::selector);
    if (paths) read(*paths, &RspamdConfiguration::Entry::path);
    for (const auto& [domain, entry] : by_domain) add(entry, files[domain]);
  }

  // "/folder/before$domainafter/below", with the selector put in.
  void add_pattern() {
    const auto selector = dns::parse_domain(configuration_.selector);
    const std::string path = replace_all(configuration_.path, "$selector", configuration_.selector);
    const std::size_t at = path.find("$domain");
    const std::size_t slash = path.rfind('/', at);
    if (!selector || at == path.npos || slash == path.npos) {
      add_warning(
          plan_.warnings, file_, 0,
          "names no domain: neither a block \"domain\", nor a map, nor a path with $domain");
      return;
    }
    KeyPattern pattern;
    pattern.folder = slash == 0 ? "/" : path.substr(0, slash);
    pattern.before = path.substr(slash + 1, at - slash - 1);
    const std::string rest = path.substr(at + std::string_view("$domain").size());
    const std::size_t end = std::min(rest.find('/'), rest.size());
    pattern.after = rest.substr(0, end);
    pattern.below = rest.substr(end);
    pattern.selector = *selector;
    pattern.origin = std::string(file_);
    plan_.patterns.push_back(std::move(pattern));
  }

  ImportPlan take() { return std::move(plan_); }
  [[nodiscard]] bool is_empty() const { return plan_.keys.empty(); }

 private:
  static const std::string& or_default(const std::string& own, const std::string& whole) {
    return own.empty() ? whole : own;
  }

  const RspamdConfiguration& configuration_;
  std::string_view file_;
  ImportPlan plan_;
  std::set<std::pair<std::string, std::string>> taken_;
};

}  // namespace

Expected<RspamdConfiguration, std::string> parse_rspamd_configuration(std::string_view text,
                                                                      std::string_view file) {
  const auto values = parse_ucl(text);
  if (!values) {
    return Unexpected<std::string>(std::string(file) + ":" + std::to_string(values.error().line) +
                                   ": " + std::string(values.error().problem));
  }
  RspamdConfiguration found;
  ConfigurationReader(file, found).read(*values);
  return found;
}

ImportPlan plan_rspamd(const RspamdConfiguration& configuration, std::string_view file,
                       const std::optional<RspamdMap>& selector_map,
                       const std::optional<RspamdMap>& path_map) {
  Planner planner(configuration, file);
  for (const RspamdConfiguration::Entry& entry : configuration.entries) planner.add(entry, file);
  planner.add_maps(selector_map, path_map);
  const bool has_names = !configuration.entries.empty() || selector_map || path_map;
  if (!has_names) planner.add_pattern();
  return planner.take();
}

}  // namespace postern::keyring
