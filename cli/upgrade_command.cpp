// "postern upgrade": does this version understand what an earlier or a later one has left?
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/key_directory_option.hpp"
#include "cli/setup_host.hpp"
#include "cli/store_access.hpp"
#include "lib/base/version.hpp"
#include "lib/io/accounts/account_directory.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/setup/dovecot_plan.hpp"
#include "lib/setup/state_mark.hpp"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;

struct UpgradeOptions {
  std::string root = "/var/lib/postern";
  std::string config_file;
  bool only_check = false;
};

// One part of the state: what becomes of it, and whether this version cannot use it.
struct Standing {
  const char* name;
  std::string text;
  bool is_refused = false;
};

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Standing look_at_mark(const UpgradeOptions& options) {
  const std::string path = options.root + "/state";
  const auto text = io::read_system_file(path);
  if (!text) return {"state", text.error(), true};
  if (!*text) return {"state", "not marked yet; will be marked as format 1"};
  const auto mark = setup::parse_state_mark(**text);
  if (!mark) return {"state", path + ": " + std::string(mark.error().problem), true};
  if (mark->format > setup::state_format) {
    return {"state",
            "has format " + std::to_string(mark->format) + ", written by Postern " + mark->version +
                "; this is " + version + ", which knows formats up to " +
                std::to_string(setup::state_format) +
                ". Install that version again; or begin anew: postern leave --purge with it",
            true};
  }
  return {"state", "format " + std::to_string(mark->format) + " of Postern " + mark->version +
                       (mark->format == setup::state_format
                            ? ", as this version writes it"
                            : "; will become " + std::to_string(setup::state_format))};
}

Standing look_at_keys(const UpgradeOptions& options) {
  const auto document = load_document(options.config_file);
  const auto found = find_key_directory("", document ? *document : config::Document());
  const std::string path = found ? *found : io::default_key_directory;
  if (!exists(path)) return {"keys", "none"};
  const auto index = io::KeyDirectory(path).load_index();
  if (!index) return {"keys", index.error(), true};
  return {"keys", std::to_string(index->keys().size()) + " keys, nothing changes"};
}

Standing look_at_store(const UpgradeOptions& options) {
  const auto site = io::load_site(options.config_file);
  if (!site) return {"store", "not looked at: " + site.error()};
  const store::Address& address = (*site)->store.address;
  // One that is not there is made by the daemon, as its own.
  if (address.kind == store::Address::Kind::lmdb && !exists(address.path)) {
    return {"store", "none"};
  }
  const auto open = open_site(options.config_file);
  if (open) return {"store", "nothing changes"};
  const bool is_newer = open.error().find("later version") != std::string::npos;
  return {"store", is_newer ? open.error() : "not looked at: " + open.error(), is_newer};
}

// Files that setup wrote from templates, which may be others in this version.
Standing look_at_setup(const UpgradeOptions& options) {
  const auto ledger = read_ledger(options.root + "/setup/ledger.json");
  if (!ledger) return {"setup", ledger.error(), true};
  if (!*ledger) return {"setup", "not used here"};
  return {"setup", "made by Postern " + (*ledger)->version + "; postern leave can take it back"};
}

Standing look_at_accounts(const UpgradeOptions& options) {
  const std::string path = options.root + "/accounts/format";
  const auto text = io::read_system_file(path);
  if (!text) return {"accounts", text.error(), true};
  if (!*text) return {"accounts", "not kept by Postern here"};
  const int format = std::atoi((*text)->c_str());
  const bool is_newer = format > static_cast<int>(io::account_format);
  return {"accounts",
          "format " + std::to_string(format) +
              (is_newer ? " of a later version: install that again" : ", nothing changes"),
          is_newer};
}

int run(const UpgradeOptions& options) {
  if (!options.only_check) {
    const auto root = require_root();
    if (!root) return fail(root.error());
  }
  bool is_refused = false;
  std::printf("Postern %s\n", version);
  for (const Standing& standing :
       {look_at_mark(options), look_at_keys(options), look_at_store(options),
        look_at_setup(options), look_at_accounts(options)}) {
    std::printf("%-9s %s%s\n", standing.name, standing.is_refused ? "REFUSED: " : "",
                standing.text.c_str());
    is_refused = is_refused || standing.is_refused;
  }
  if (is_refused) return fail("this version cannot use all that is there; nothing was changed");
  if (options.only_check) return 0;
  const auto made = io::make_directories(options.root);
  if (!made) return fail(made.error());
  const auto written = io::write_system_file(
      options.root + "/state", setup::format(setup::StateMark{setup::state_format, version}));
  return written ? 0 : fail(written.error());
}

}  // namespace

void add_upgrade_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<UpgradeOptions>();
  auto* command =
      app.add_subcommand("upgrade", "Bring what another version has left to the form of this one");
  command->add_flag("--check", options->only_check,
                    "Only say what would be changed, and whether this version can use it");
  command->add_option("--state", options->root, "Directory of all state")->capture_default_str();
  command->add_option("--config", options->config_file,
                      "Configuration file; without it, that of the system");
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace postern::cli
