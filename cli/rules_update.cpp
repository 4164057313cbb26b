// "postern rules update": what sa-update does. New rules are fetched, verified, and tried, and only
// then put in use.
#include "cli/rules_update.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/channel.hpp"
#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/openssl/hex_digest.hpp"
#include "lib/io/rule_updates/rule_store.hpp"
#include "lib/io/rule_updates/rule_trial.hpp"
#include "lib/io/rule_updates/signature_check.hpp"
#include "lib/io/rule_updates/update_source.hpp"
#include "lib/io/setup/services.hpp"
#include "lib/io/zlib/inflate.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {
namespace {

// As of sa-update(1p).
enum ExitStatus { updated = 0, nothing_new = 1, rules_refused = 2, some_failed = 3, failed = 4 };

struct UpdateOptions {
  std::vector<std::string> channels;
  std::string directory = io::default_rule_store;
  std::string from;
  std::string config_file;
  std::string zone_file;
  std::string key_file;
  io::NetworkSourceOptions network;
  bool digest_only = false;
  bool check_only = false;
  bool if_enabled = false;
  bool no_reload = false;
};

// All that updates share.
struct Tools {
  antispam::Settings settings;
  io::FilterLoader loader{io::host_name(), std::string("Postern ") + version};
  std::unique_ptr<io::Resolver> resolver;
  std::unique_ptr<io::UpdateSource> source;
};

using Failure = Unexpected<std::string>;

Expected<std::unique_ptr<Tools>, std::string> make_tools(const UpdateOptions& options) {
  const auto document = load_document(options.config_file);
  if (!document) return Failure(document.error());
  const auto configuration = parameters::load(*document, io::host_name());
  if (!configuration) return Failure(configuration.error().text());
  auto settings = antispam::load_settings(*document);
  if (!settings) return Failure(settings.error().text());
  auto tools = std::make_unique<Tools>();
  tools->settings = std::move(*settings);
  if (!options.from.empty()) {
    tools->source = io::make_folder_source(options.from);
    return tools;
  }
  const checks::GeneralSettings& general = (*configuration)->general;
  auto resolver = make_resolver(options.zone_file, general);
  if (!resolver) return Failure(resolver.error());
  tools->resolver = std::move(*resolver);
  io::NetworkSourceOptions network = options.network;
  network.budget = {general.dns_budget, general.dns_timeout, general.max_questions};
  tools->source = io::make_network_source(*tools->resolver, std::move(network));
  return tools;
}

// The files of a package, if it is what it should be.
Expected<std::vector<antispam::UpdateFile>, std::string> verify(const io::UpdatePackage& package,
                                                                const UpdateOptions& options) {
  constexpr std::size_t sha512_digits = 128;
  constexpr std::size_t sha256_digits = 64;
  const auto wanted =
      antispam::parse_digest(package.digest, package.is_sha512 ? sha512_digits : sha256_digits);
  const std::string digest =
      package.is_sha512 ? io::sha512_hex(package.archive) : io::sha256_hex(package.archive);
  if (wanted != digest) {
    return Failure(
        "the archive does not have the digest that is published beside it; it is refused");
  }
  if (!options.digest_only) {
    const auto trusted = io::check_signature(options.key_file, package.archive, package.signature);
    if (!trusted) {
      return Failure(trusted.error() +
                     " (--digest-only does without signatures, and then whoever controls a mirror "
                     "controls the rules)");
    }
  }
  return antispam::read_update_archive(package.archive, io::inflate);
}

ExitStatus refuse(const std::string& channel, const std::string& problem,
                  ExitStatus status = failed) {
  fail(channel + ": " + problem);
  return status;
}

antispam::Settings settings_in_use(const antispam::Settings& settings,
                                   const std::string& directory) {
  antispam::Settings in_use = settings;
  if (::access((directory + "/current").c_str(), F_OK) == 0) {
    in_use.rules_directory = directory + "/current";
  }
  return in_use;
}

ExitStatus install(const std::string& channel, std::uint64_t version, const Tools& tools,
                   const UpdateOptions& options, const std::vector<antispam::UpdateFile>& files) {
  auto store = io::RuleStore::open(options.directory);
  if (!store) return refuse(channel, store.error());
  const auto present = io::installed_version(options.directory, channel);
  if (present && *present >= version) return nothing_new;  // another update was faster
  const auto staged = store->stage(channel, version, files);
  if (!staged) return refuse(channel, staged.error());
  const auto trial =
      io::try_rules(tools.loader, settings_in_use(tools.settings, options.directory), *staged);
  if (!trial) {
    return refuse(channel,
                  "the rules of version " + std::to_string(version) +
                      " are refused, and those in use stay: " + trial.error(),
                  rules_refused);
  }
  const auto folder = store->activate(version);
  if (!folder) return refuse(channel, folder.error());
  std::printf("%s: version %ju is in use, %zu rules, %zu warnings: %s\n", channel.c_str(),
              static_cast<std::uintmax_t>(version), trial->rules, trial->warnings, folder->c_str());
  return updated;
}

ExitStatus update(const std::string& channel, const Tools& tools, const UpdateOptions& options) {
  const auto newest = tools.source->newest(channel);
  if (!newest) return refuse(channel, newest.error());
  const auto present = io::installed_version(options.directory, channel);
  if (!*newest || (present && *present >= **newest)) {
    std::printf("%s: nothing new%s\n", channel.c_str(),
                present ? (", version " + std::to_string(*present) + " is in use").c_str() : "");
    return nothing_new;
  }
  const std::uint64_t version = **newest;
  if (options.check_only) {
    std::printf("%s: version %ju can be had%s\n", channel.c_str(),
                static_cast<std::uintmax_t>(version),
                present ? (", version " + std::to_string(*present) + " is in use").c_str() : "");
    return updated;
  }
  const auto package = tools.source->fetch(channel, version, !options.digest_only);
  if (!package) return refuse(channel, package.error());
  const auto files = verify(*package, options);
  if (!files) return refuse(channel, "version " + std::to_string(version) + ": " + files.error());
  return install(channel, version, tools, options, *files);
}

// Whatever the milter says: the rules are there, and it takes them when it starts the next time.
void reload_milter(const UpdateOptions& options) {
  if (options.no_reload || options.check_only || ::geteuid() != 0) return;
  const auto reloaded = io::reload_service("postern-milter");
  if (!reloaded) {
    std::fprintf(stderr, "postern: the milter still has the old rules: %s\n",
                 reloaded.error().c_str());
  }
}

int update_all(const UpdateOptions& options) {
  for (const std::string& channel : options.channels) {
    if (!antispam::is_channel_name(channel)) {
      refuse("--channel", "\"" + channel + "\" is no name of a channel");
      return failed;
    }
  }
  const auto tools = make_tools(options);
  if (!tools) {
    fail(tools.error());
    return failed;
  }
  if (options.if_enabled && !(*tools)->settings.enabled) return nothing_new;
  std::vector<ExitStatus> ends;
  for (const std::string& channel : options.channels) {
    ends.push_back(update(channel, **tools, options));
  }
  const auto has = [&](ExitStatus end) {
    return std::find(ends.begin(), ends.end(), end) != ends.end();
  };
  if (has(updated)) reload_milter(options);
  const bool any_failed = has(failed) || has(rules_refused);
  if (has(updated)) return any_failed ? some_failed : updated;
  if (has(failed)) return failed;
  return has(rules_refused) ? rules_refused : nothing_new;
}

void add_options(CLI::App& command, UpdateOptions& options) {
  command
      .add_option("--channel", options.channels, "Channel to update; may be given several times")
      ->default_val(std::vector<std::string>{std::string(antispam::default_channel)});
  auto* from = command.add_option("--from", options.from,
                                  "Directory that has VERSION.tar.gz and the files beside it, "
                                  "instead of the network");
  command
      .add_option("--url", options.network.mirror,
                  "The only mirror to fetch from, instead of those that the channel names")
      ->excludes(from);
  command.add_flag("--check-only", options.check_only, "Only say whether there is an update");
  command.add_flag("--if-enabled", options.if_enabled,
                   "Do nothing while antispam.enabled is false, for timers");
  command.add_flag("--digest-only", options.digest_only, "Do without a signature");
  command.add_option("--key-file", options.key_file,
                     "Public keys that may sign; without it, that of SpamAssassin's channel");
  command.add_option("--directory", options.directory, "Where rules are put")
      ->capture_default_str();
  command.add_flag("--no-reload", options.no_reload, "Do not tell the milter");
  command.add_option("--config", options.config_file, io::config_option_help);
  command.add_option("--zone", options.zone_file, "Zone as JSON instead of DNS, for tests")
      ->excludes(from);
  command.add_option("--ca-file", options.network.ca_file,
                     "PEM of authorities instead of the system's");
  command.add_option("--connect-to", options.network.connect_to,
                     "ADDRESS:PORT instead of mirrors' own, for tests");
}

}  // namespace

void add_rules_update(CLI::App& command, Action& action) {
  auto* sub = command.add_subcommand("update", "Fetch new rules, try them, and put them in use");
  const auto options = std::make_shared<UpdateOptions>();
  add_options(*sub, *options);
  sub->callback([&action, options] { action = [options] { return update_all(*options); }; });
}

}  // namespace postern::cli
