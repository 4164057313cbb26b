// "postern rules update": what sa-update does. New rules are fetched, verified, and tried, and only
// then put in use.
#include "cli/rules_update.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/channel.hpp"
#include "lib/antispam/update/history.hpp"
#include "lib/base/ascii.hpp"
#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/openssl/hex_digest.hpp"
#include "lib/io/process/run_as.hpp"
#include "lib/io/process/users.hpp"
#include "lib/io/rule_updates/rule_store.hpp"
#include "lib/io/rule_updates/rule_trial.hpp"
#include "lib/io/rule_updates/signature_check.hpp"
#include "lib/io/rule_updates/update_source.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/services.hpp"
#include "lib/io/zlib/inflate.hpp"

namespace postern::cli {
namespace {

constexpr const char* default_update_user = "postern-rules";

// As of sa-update(1p).
enum ExitStatus { updated = 0, nothing_new = 1, rules_refused = 2, some_failed = 3, failed = 4 };

struct UpdateOptions {
  std::vector<std::string> channels;
  std::string directory = io::default_rule_store;
  std::string from;
  std::string config_file;
  std::string zone_file;
  std::vector<std::string> key_files;  // "FILE" or "CHANNEL=FILE"
  std::string user;
  std::optional<std::uint64_t> accepted;
  unsigned seconds = 600;  // for each channel
  io::NetworkSourceOptions network;
  bool digest_only = false;
  bool check_only = false;
  bool if_enabled = false;
  bool no_reload = false;
};

// All that updates share.
struct Tools {
  antispam::Settings settings;
  std::map<std::string, std::string> keys;  // by channel
  io::FilterLoader loader{io::host_name(), std::string("Postern ") + version};
  std::unique_ptr<io::Resolver> resolver;
  std::unique_ptr<io::UpdateSource> source;
  std::optional<io::RuleStore> store;  // not where it is only asked
};

using Failure = Unexpected<std::string>;

// Each key for its channel: whoever may sign for one cannot for another.
Expected<std::map<std::string, std::string>, std::string> read_keys(const UpdateOptions& options) {
  std::map<std::string, std::string> keys;
  for (const std::string& word : options.key_files) {
    const std::size_t at = std::min(word.find('='), word.size());
    const std::string channel = ascii::to_lower(word.substr(0, at));
    const bool is_named =
        at < word.size() && std::find(options.channels.begin(), options.channels.end(), channel) !=
                                options.channels.end();
    if (!is_named && options.channels.size() > 1) {
      return Failure("--key-file: there are several channels; give --key-file CHANNEL=FILE");
    }
    if (!keys.emplace(is_named ? channel : options.channels.front(),
                      is_named ? word.substr(at + 1) : word)
             .second) {
      return Failure("--key-file: a channel has one file, which can hold several keys");
    }
  }
  return keys;
}

Expected<std::unique_ptr<Tools>, std::string> make_tools(const UpdateOptions& options,
                                                         const checks::Configuration& settings) {
  auto keys = read_keys(options);
  if (!keys) return Failure(keys.error());
  auto tools = std::make_unique<Tools>();
  tools->settings = settings.antispam;
  tools->keys = std::move(*keys);
  // First of all: of two at once, one fetches.
  if (!options.check_only) {
    auto store = io::RuleStore::open(options.directory);
    if (!store) return Failure(store.error());
    tools->store.emplace(std::move(*store));
  }
  if (!options.from.empty()) {
    tools->source = io::make_folder_source(options.from);
    return tools;
  }
  const checks::GeneralSettings& general = settings.general;
  auto resolver = make_resolver(options.zone_file, general);
  if (!resolver) return Failure(resolver.error());
  tools->resolver = std::move(*resolver);
  io::NetworkSourceOptions network = options.network;
  network.budget = {general.dns_budget, general.dns_timeout, general.max_questions};
  network.time_limit = std::chrono::seconds(options.seconds);
  tools->source = io::make_network_source(*tools->resolver, std::move(network));
  return tools;
}

Expected<std::int64_t, std::string> check_signature(const std::string& channel, const Tools& tools,
                                                    const io::UpdatePackage& package) {
  const auto key = tools.keys.find(channel);
  if (key == tools.keys.end() && channel != antispam::default_channel) {
    return Failure("there is no key of this channel; name its file: --key-file " + channel +
                   "=FILE");
  }
  return io::check_signature(key == tools.keys.end() ? std::string() : key->second, package.archive,
                             package.signature);
}

// What the package is, if it is what it should be.
Expected<antispam::UsedState, std::string> verify(const std::string& channel, std::uint64_t version,
                                                  const Tools& tools, const UpdateOptions& options,
                                                  const io::UpdatePackage& package) {
  constexpr std::size_t sha512_digits = 128;
  constexpr std::size_t sha256_digits = 64;
  antispam::UsedState state{channel, version, io::sha512_hex(package.archive), {}};
  const auto wanted =
      antispam::parse_digest(package.digest, package.is_sha512 ? sha512_digits : sha256_digits);
  if (wanted != (package.is_sha512 ? state.digest : io::sha256_hex(package.archive))) {
    return Failure(
        "the archive does not have the digest that is published beside it; it is refused");
  }
  if (options.digest_only) return state;
  const auto signed_at = check_signature(channel, tools, package);
  if (!signed_at) {
    return Failure(signed_at.error() +
                   " (--digest-only does without signatures, and then whoever controls a mirror "
                   "controls the rules)");
  }
  state.signed_at = *signed_at;
  return state;
}

ExitStatus refuse(const std::string& channel, const std::string& problem,
                  ExitStatus status = failed) {
  fail(channel + ": " + problem);
  return status;
}

std::string version_text(std::uint64_t version) {
  return "version " + std::to_string(version);
}

std::string current(const UpdateOptions& options) {
  return options.directory + "/current";
}

// With what the new rules are compared.
antispam::Settings settings_in_use(const antispam::Settings& settings,
                                   const UpdateOptions& options) {
  antispam::Settings in_use = settings;
  if (::access(current(options).c_str(), F_OK) == 0) in_use.rules_directory = current(options);
  return in_use;
}

// Whether the milter reads what is put in use.
bool is_read_by_milter(const antispam::Settings& settings, const UpdateOptions& options) {
  std::error_code error;
  return std::filesystem::equivalent(io::rules_directory(settings), current(options), error);
}

ExitStatus install(const antispam::UsedState& state, Tools& tools, const UpdateOptions& options,
                   const std::vector<antispam::UpdateFile>& files) {
  const auto staged = tools.store->stage(state, files);
  if (!staged) return refuse(state.channel, staged.error());
  const auto trial = io::try_rules(tools.loader, settings_in_use(tools.settings, options), *staged);
  if (!trial) {
    return refuse(state.channel,
                  "the rules of " + version_text(state.version) +
                      " are refused, and those in use stay: " + trial.error(),
                  rules_refused);
  }
  const auto folder = tools.store->activate(state);
  if (!folder) return refuse(state.channel, folder.error());
  const bool is_read = is_read_by_milter(tools.settings, options);
  std::printf("%s: %s is %s, %zu rules, %zu warnings: %s\n", state.channel.c_str(),
              version_text(state.version).c_str(), is_read ? "in use" : "installed", trial->rules,
              trial->warnings, folder->c_str());
  if (!is_read) {
    std::fprintf(stderr, "postern: the milter reads the rules in %s (antispam.rules), not in %s\n",
                 io::rules_directory(tools.settings).c_str(), current(options).c_str());
  }
  return updated;
}

// Whether there is something to be fetched.
ExitStatus judge_version(const std::string& channel, std::uint64_t newest, const Tools& tools,
                         const UpdateOptions& options, const antispam::RuleHistory& history) {
  const auto present = io::installed_version(options.directory, channel);
  const std::string in_use = present ? version_text(*present) + " is in use" : std::string();
  const bool is_accepted = options.accepted == newest;
  if (options.accepted && !is_accepted) {
    return refuse(channel, version_text(*options.accepted) + " is accepted, but " +
                               version_text(newest) + " is what there is");
  }
  if (present == newest || (present && *present > newest && !is_accepted)) {
    std::printf("%s: nothing new, %s\n", channel.c_str(), in_use.c_str());
    if (*present > newest) {
      std::fprintf(
          stderr,
          "postern: %s: %s, but the newest is said to be %ju; if that stays so, the one in "
          "use may be forged: --accept %ju\n",
          channel.c_str(), in_use.c_str(), static_cast<std::uintmax_t>(newest),
          static_cast<std::uintmax_t>(newest));
    }
    return nothing_new;
  }
  if (!is_accepted) {
    const std::string problem = antispam::problem_of_version(history, channel, newest, present);
    if (!problem.empty()) return refuse(channel, version_text(newest) + " is refused: " + problem);
  }
  if (!tools.store) {
    std::printf("%s: %s can be had%s\n", channel.c_str(), version_text(newest).c_str(),
                present ? (", " + in_use).c_str() : "");
  }
  return updated;
}

ExitStatus update(const std::string& channel, Tools& tools, const UpdateOptions& options) {
  const auto newest = tools.source->newest(channel);
  if (!newest) return refuse(channel, newest.error());
  if (!*newest) {
    std::printf("%s: nothing new\n", channel.c_str());
    return nothing_new;
  }
  const std::uint64_t version = **newest;
  const auto history = io::read_rule_history(options.directory);
  if (!history) return refuse(channel, history.error());
  const ExitStatus judged = judge_version(channel, version, tools, options, *history);
  if (judged != updated || !tools.store) return judged;
  const auto package = tools.source->fetch(channel, version, !options.digest_only);
  if (!package) return refuse(channel, package.error());
  const auto state = verify(channel, version, tools, options, *package);
  if (!state) return refuse(channel, version_text(version) + ": " + state.error());
  const std::string problem =
      options.accepted == version ? std::string() : antispam::problem_of_state(*history, *state);
  if (!problem.empty()) return refuse(channel, version_text(version) + " is refused: " + problem);
  const auto files = antispam::read_update_archive(package->archive, io::inflate);
  if (!files) return refuse(channel, version_text(version) + ": " + files.error());
  return install(*state, tools, options, *files);
}

int update_channels(const UpdateOptions& options, const checks::Configuration& settings) {
  const auto tools = make_tools(options, settings);
  if (!tools) {
    fail(tools.error());
    return failed;
  }
  std::vector<ExitStatus> ends;
  for (const std::string& channel : options.channels) {
    ends.push_back(update(channel, **tools, options));
  }
  const auto has = [&](ExitStatus end) {
    return std::find(ends.begin(), ends.end(), end) != ends.end();
  };
  const bool any_failed = has(failed) || has(rules_refused);
  if (has(updated)) return any_failed ? some_failed : updated;
  if (has(failed)) return failed;
  return has(rules_refused) ? rules_refused : nothing_new;
}

// Whatever the milter says: the rules are there, and it takes them when it starts the next time.
void reload_milter(const UpdateOptions& options, const antispam::Settings& settings) {
  if (options.no_reload || options.check_only || !is_read_by_milter(settings, options)) return;
  const auto reloaded = io::reload_instances("postern-milter");
  if (!reloaded) {
    std::fprintf(stderr, "postern: the milter still has the old rules: %s\n",
                 reloaded.error().c_str());
  }
}

// Whom root becomes before anything of strangers comes near.
Expected<std::string, std::string> user_for(const UpdateOptions& options) {
  if (!options.user.empty()) return options.user;
  const auto owner = io::owner_of(options.directory);
  if (!owner) return Failure(owner.error());
  if (!*owner) return std::string(default_update_user);
  if (**owner != "root") return **owner;
  return Failure(options.directory +
                 ": is root's, and what strangers serve is not root's to handle: chown -R " +
                 default_update_user + " " + options.directory + ", or name somebody with --user");
}

// What is missing of it becomes the user's; what is there stays as it is.
Expected<void, std::string> make_directory(const std::string& directory, const std::string& user) {
  const auto numbers = io::find_user(user);
  if (!numbers) return Failure(numbers.error());
  const auto made = io::make_directories(directory);
  if (!made) return Failure(made.error());
  for (const std::string& folder : *made) {
    if (::chmod(folder.c_str(), 0755) != 0) return Failure(folder + ": its mode cannot be set");
  }
  if (!made->empty() && ::lchown(directory.c_str(), numbers->user, numbers->group) != 0) {
    return Failure(directory + ": cannot be given to " + user);
  }
  return {};
}

// Root only reads the configuration, and tells the milter.
Expected<int, std::string> update_as_user(const UpdateOptions& options,
                                          const checks::Configuration& settings) {
  const auto user = user_for(options);
  if (!user) return Failure(user.error());
  if (*user == "root") return update_channels(options, settings);
  if (!options.check_only) {
    const auto made = make_directory(options.directory, *user);
    if (!made) return Failure(made.error());
  }
  return io::run_as(*user, [&] { return update_channels(options, settings); });
}

Expected<int, std::string> update_all(UpdateOptions options) {
  for (std::string& channel : options.channels) {
    if (!antispam::is_channel_name(channel)) {
      return Failure("--channel: \"" + channel +
                     "\" is no name of a channel: letters, digits, \"-\", and \".\" between them");
    }
    channel = ascii::to_lower(channel);
  }
  if (options.accepted && options.channels.size() != 1) {
    return Failure("--accept: is for one channel; name it with --channel");
  }
  const auto settings = load_configuration(options.config_file);
  if (!settings) return Failure(settings.error());
  const checks::Configuration& configuration = **settings;
  if (options.if_enabled && !configuration.antispam.enabled) return nothing_new;
  if (::geteuid() != 0) return update_channels(options, configuration);
  const auto status = update_as_user(options, configuration);
  if (!status) return status;
  if (*status == updated || *status == some_failed) reload_milter(options, configuration.antispam);
  return status;
}

int run_update(const UpdateOptions& options) {
  const auto status = update_all(options);
  if (status) return *status;
  fail(status.error());
  return failed;
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
  command.add_option("--key-file", options.key_files,
                     "FILE or CHANNEL=FILE: public keys that may sign; without it, that of "
                     "SpamAssassin's channel");
  command.add_option("--accept", options.accepted,
                     "Take this version although it is older than one once in use, or its number "
                     "beyond reason");
  command.add_option("--timeout", options.seconds, "Seconds for each channel")
      ->capture_default_str()
      ->check(CLI::Range(1, 24 * 3600));
  command.add_option("--user", options.user,
                     "Whom root becomes; the owner of the directory if not given");
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
  sub->callback([&action, options] { action = [options] { return run_update(*options); }; });
}

}  // namespace postern::cli
