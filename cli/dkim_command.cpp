// "postern dkim": the keys that sign our mail, from their making to their end.
#include <memory>

#include "cli/commands.hpp"
#include "cli/dkim_options.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/io/openssl/private_key.hpp"

namespace postern::cli {
namespace {

using Run = int (*)(const DkimOptions&);

constexpr unsigned min_new_rsa_bits = 2048;  // RFC 8301 §3.2
constexpr unsigned max_days = 36'500;

/// Adds subcommands that share one set of options.
class Commands {
 public:
  Commands(CLI::App& dkim, Action& action)
      : dkim_(dkim), action_(action), options_(std::make_shared<DkimOptions>()) {}

  [[nodiscard]] DkimOptions& options() { return *options_; }

  CLI::App& add(const char* name, const char* help, Run run) { return add(dkim_, name, help, run); }

  CLI::App& add(CLI::App& parent, const char* name, const char* help, Run run) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->add_option("--keys", options_->keys,
                        std::string("Key directory, instead of signing.keys of the configuration "
                                    "or ") +
                            io::default_key_directory);
    command->add_option("--config", options_->config_file, io::config_option_help);
    command->add_option("--time", options_->time,
                        "Clock in seconds since the epoch, instead of now");
    command->callback([&action = action_, options = options_, run] {
      action = [options, run] { return run(*options); };
    });
    return *command;
  }

  CLI::App& with_domain(CLI::App& command, bool required) {
    command.add_option("domain", options_->domain, "Domain whose mail the key signs")
        ->required(required);
    return command;
  }
  CLI::App& with_selector(CLI::App& command, bool required) {
    command.add_option("--selector", options_->selector, "Selector of the key")->required(required);
    return command;
  }
  CLI::App& with_dns(CLI::App& command) {
    command.add_option("--zone", options_->zone_file, "JSON file that answers instead of DNS");
    return command;
  }
  CLI::App& with_json(CLI::App& command) {
    command.add_flag("--json", options_->json, "Print JSON");
    return command;
  }

 private:
  CLI::App& dkim_;
  Action& action_;
  std::shared_ptr<DkimOptions> options_;
};

void add_making(Commands& commands) {
  DkimOptions& options = commands.options();
  CLI::App& create = commands.add("create", "Make keys for a domain", dkim_create);
  commands.with_selector(commands.with_domain(create, true), false);
  create.add_option("--type", options.type, "rsa, ed25519, or both")
      ->check(CLI::IsMember({"rsa", "ed25519", "both"}))
      ->capture_default_str();
  create.add_option("--bits", options.bits, "Size of an RSA key")
      ->check(CLI::Range(min_new_rsa_bits, io::max_rsa_key_bits))
      ->capture_default_str();
  create.add_flag("--active", options.active, "Let the keys sign at once, whatever DNS says");
  commands.with_json(create);

  CLI::App& rotate = commands.add(
      "rotate", "Replace keys: new ones are made, and sign once DNS answers them", dkim_rotate);
  commands.with_json(commands.with_dns(commands.with_domain(rotate, false)));
  rotate.add_flag("--all", options.all_domains, "All domains");
  rotate.add_flag("--auto", options.automatic,
                  "For a timer: take every key as far as DNS and time allow");
  rotate.add_flag("--quiet", options.quiet, "With --auto: print nothing when nobody has to know");
  rotate
      .add_option("--settle", options.settle,
                  "With --auto: how long DNS must have answered a record before its key signs")
      ->capture_default_str();
  rotate
      .add_option("--every", options.every_days,
                  "With --auto: also replace keys that have signed for so many days")
      ->check(CLI::Range(1U, max_days));
  rotate
      .add_option("--retire-after", options.retire_after_days,
                  "With --auto: days for which the record of a retired key stays needed")
      ->check(CLI::Range(1U, max_days))
      ->capture_default_str();
}

void add_looking(Commands& commands) {
  DkimOptions& options = commands.options();
  CLI::App& list = commands.add("list", "List the keys", dkim_list);
  commands.with_json(commands.with_domain(list, false));
  CLI::App& show = commands.add("show", "Print the DNS records of a domain's keys", dkim_show);
  commands.with_json(commands.with_selector(commands.with_domain(show, true), false));
  show.add_option("--form", options.form, "line, zone, provider, or all")
      ->check(CLI::IsMember({"line", "zone", "provider", "all"}))
      ->capture_default_str();
  CLI::App& check = commands.add("check", "Ask DNS for the records of the keys", dkim_check);
  commands.with_json(commands.with_dns(commands.with_domain(check, false)));
}

void add_changing(Commands& commands) {
  DkimOptions& options = commands.options();
  const auto of_one_key = [&](CLI::App& command) -> CLI::App& {
    return commands.with_selector(commands.with_domain(command, true), true);
  };
  CLI::App& activate = of_one_key(
      commands.add("activate", "Let a key sign, if DNS answers its record", dkim_activate));
  commands.with_dns(activate).add_flag("--force", options.force, "Whatever DNS says");
  of_one_key(commands.add("retire", "Let a key sign no more; its record stays", dkim_retire));
  of_one_key(commands.add("revoke", "Destroy a private key, and say so in DNS", dkim_revoke));
  of_one_key(commands.add("remove", "Forget a key that does not sign", dkim_remove));
}

void add_import(CLI::App& dkim, Commands& commands) {
  CLI::App* import = dkim.add_subcommand("import", "Take over the keys of another signer");
  import->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, const char* files, Run run) {
    CLI::App& command = commands.add(*import, name, help, run);
    command.add_option("file", commands.options().files, files)->required();
    command.add_flag("--pending", commands.options().pending,
                     "Let them sign only when DNS answers them");
    commands.with_json(command);
  };
  add("opendkim", "Keys of OpenDKIM", "opendkim.conf, or KeyTable and SigningTable",
      dkim_import_opendkim);
  add("rspamd", "Keys of rspamd", "dkim_signing.conf", dkim_import_rspamd);
}

}  // namespace

void add_dkim_command(CLI::App& app, Action& action) {
  CLI::App* dkim = app.add_subcommand("dkim", "The keys that sign our mail");
  dkim->require_subcommand(1);
  Commands commands(*dkim, action);
  add_making(commands);
  add_looking(commands);
  add_changing(commands);
  add_import(*dkim, commands);
}

}  // namespace postern::cli
