// "postern dkim import opendkim" and "rspamd": which files belong together.
#include <deque>
#include <optional>

#include "cli/commands.hpp"
#include "cli/dkim_import.hpp"
#include "lib/io/files/secret_text.hpp"
#include "lib/keyring/import_opendkim.hpp"
#include "lib/keyring/import_rspamd.hpp"

namespace postern::cli {
namespace {

using keyring::NamedText;
using keyring::OpendkimFile;

/// Texts that plans borrow from; a KeyTable may hold keys.
class Texts {
 public:
  Expected<NamedText, std::string> read(const std::string& file) {
    auto text = io::read_secret_file(file, keyring::max_import_size);
    if (!text) return Unexpected<std::string>(text.error());
    names_.push_back(file);
    texts_.push_back(std::move(*text));
    return NamedText{texts_.back().view(), names_.back()};
  }

 private:
  std::deque<std::string> names_;  // neither moves what it holds
  std::deque<io::SecretText> texts_;
};

// Domain may name files with one domain on a line.
Expected<void, std::string> read_domain_lists(Texts& texts,
                                              keyring::OpendkimConfiguration& configuration) {
  std::vector<std::string> domains;
  for (const std::string& item : configuration.domains) {
    std::string_view path = item;
    for (const std::string_view kind : {"refile:", "file:"}) {
      if (path.starts_with(kind)) path.remove_prefix(kind.size());
    }
    if (!path.starts_with('/')) {
      domains.push_back(item);
      continue;
    }
    const auto text = texts.read(std::string(path));
    if (!text) return Unexpected<std::string>(text.error());
    for (const keyring::ConfigLine& line : keyring::config_lines(text->text)) {
      domains.emplace_back(line.key);
    }
  }
  configuration.domains = std::move(domains);
  return {};
}

Expected<keyring::ImportPlan, std::string> plan_configuration(Texts& texts, const NamedText& file) {
  auto configuration = keyring::parse_opendkim_configuration(file.text, file.file);
  keyring::ImportPlan plan;
  if (configuration.key_table.empty()) {
    const auto read = read_domain_lists(texts, configuration);
    if (!read) return Unexpected<std::string>(read.error());
    plan = plan_single_key(configuration, file.file);
  } else {
    const auto keys = texts.read(configuration.key_table);
    if (!keys) return Unexpected<std::string>(keys.error());
    std::optional<NamedText> signing;
    if (!configuration.signing_table.empty()) {
      const auto table = texts.read(configuration.signing_table);
      if (!table) return Unexpected<std::string>(table.error());
      signing = *table;
    }
    plan = plan_key_table(*keys, signing);
  }
  plan.warnings.insert(plan.warnings.begin(), configuration.warnings.begin(),
                       configuration.warnings.end());
  return plan;
}

Expected<std::optional<keyring::RspamdMap>, std::string> read_map(Texts& texts,
                                                                  const std::string& path) {
  if (path.empty()) return std::optional<keyring::RspamdMap>();
  const auto text = texts.read(path);
  if (!text) return Unexpected<std::string>(text.error());
  return std::optional<keyring::RspamdMap>({std::string(text->text), path});
}

Expected<keyring::ImportPlan, std::string> plan_rspamd_file(Texts& texts, const std::string& file) {
  const auto text = texts.read(file);
  if (!text) return Unexpected<std::string>(text.error());
  const auto configuration = keyring::parse_rspamd_configuration(text->text, file);
  if (!configuration) return Unexpected<std::string>(configuration.error());
  const auto selectors = read_map(texts, configuration->selector_map);
  if (!selectors) return Unexpected<std::string>(selectors.error());
  const auto paths = read_map(texts, configuration->path_map);
  if (!paths) return Unexpected<std::string>(paths.error());
  auto plan = keyring::plan_rspamd(*configuration, file, *selectors, *paths);
  plan.warnings.insert(plan.warnings.begin(), configuration->warnings.begin(),
                       configuration->warnings.end());
  return plan;
}

}  // namespace

int dkim_import_opendkim(const DkimOptions& options) {
  Texts texts;
  ImportRun run{{}, "OpenDKIM"};
  std::vector<NamedText> key_tables;
  std::optional<NamedText> signing_table;
  for (const std::string& file : options.files) {
    const auto text = texts.read(file);
    if (!text) return fail(text.error());
    switch (keyring::guess_opendkim_file(text->text)) {
      case OpendkimFile::key_table: key_tables.push_back(*text); break;
      case OpendkimFile::signing_table: signing_table = *text; break;
      case OpendkimFile::configuration: {
        auto plan = plan_configuration(texts, *text);
        if (!plan) return fail(plan.error());
        run.plans.push_back(std::move(*plan));
        break;
      }
    }
  }
  if (run.plans.empty() && key_tables.empty()) {
    return fail("there is neither an opendkim.conf nor a KeyTable among these files");
  }
  for (const NamedText& table : key_tables) {
    run.plans.push_back(plan_key_table(table, signing_table));
  }
  return import_keys(options, run);
}

int dkim_import_rspamd(const DkimOptions& options) {
  Texts texts;
  ImportRun run{{}, "rspamd"};
  for (const std::string& file : options.files) {
    auto plan = plan_rspamd_file(texts, file);
    if (!plan) return fail(plan.error());
    run.plans.push_back(std::move(*plan));
  }
  return import_keys(options, run);
}

}  // namespace postern::cli
