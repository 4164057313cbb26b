#include "cli/account_support.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "lib/accounts/password.hpp"
#include "lib/io/accounts/password_input.hpp"
#include "lib/io/accounts/postfix_domains.hpp"
#include "lib/io/crypt/password_hash.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/probe/postfix_control.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

// Each of the commands before may have to wait for a reload of Postfix.
constexpr std::chrono::seconds lock_patience{60};

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

Expected<io::SecretLine, std::string> read_password(const AccountOptions& options,
                                                    const std::string& address) {
  return options.password_file.empty() ? io::ask_password(address)
                                       : io::read_password_file(options.password_file);
}

}  // namespace

CLI::App& add_account_command(CLI::App& parent, const char* name, const char* help,
                              const std::shared_ptr<AccountOptions>& options, Action& action,
                              AccountRun run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->add_option("--accounts", options->directory, "Directory of the accounts")
      ->capture_default_str();
  command->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
  return *command;
}

CLI::App& add_account_change(CLI::App& parent, const char* name, const char* help,
                             const std::shared_ptr<AccountOptions>& options, Action& action,
                             AccountRun run) {
  CLI::App& command = add_account_command(parent, name, help, options, action, run);
  command
      .add_option("--postfix-config", options->postfix_config,
                  "Configuration directory of the Postfix that reads the tables")
      ->capture_default_str();
  command.add_flag("--no-reload", options->no_reload,
                   "Leave Postfix alone: the next change without this option reloads it");
  return command;
}

Expected<std::string, std::string> address_of(const std::string& text, accounts::AddressKind kind) {
  auto address = accounts::read_address(text, kind, io::to_ascii_domain);
  if (!address) return refuse("\"" + report::escape(text) + "\" " + address.error());
  if (*address != text) {
    std::fprintf(stderr, "postern: %s is kept as %s\n", report::escape(text).c_str(),
                 address->c_str());
  }
  return address;
}

Expected<std::unique_ptr<AccountChange>, std::string> AccountChange::begin(
    const AccountOptions& options) {
  const io::AccountDirectory directory(options.directory);
  auto lock = directory.lock(lock_patience);
  if (!lock) return refuse(lock.error());
  auto accounts = directory.load();
  if (!accounts) return refuse(accounts.error());
  return std::unique_ptr<AccountChange>(
      new AccountChange(options, std::move(*lock), std::move(*accounts)));
}

Expected<int, std::string> AccountChange::commit() {
  const auto stored = directory_.store(lock_, accounts_);
  if (!stored) return refuse(stored.error());
  if (options_.no_reload || !directory_.is_reload_due(lock_)) return 0;
  const auto reloaded = io::reload_postfix(options_.postfix_config);
  if (!reloaded) {
    return fail("the change is stored, but Postfix could not be told: " + reloaded.error() +
                "; mend that, then run: postern user refresh");
  }
  directory_.note_reloaded(lock_);
  return 0;
}

Expected<NewPassword, std::string> get_password(const AccountOptions& options,
                                                const std::string& address) {
  NewPassword password;
  if (options.generate && !options.password_file.empty()) {
    return refuse("give --generate or --password-file, not both");
  }
  Expected<std::string, std::string> hash;
  if (options.generate) {
    password.shown = new_secret();
    hash = io::hash_password(password.shown);
  } else {
    const auto given = read_password(options, address);
    if (!given) return refuse(given.error());
    const std::string objection = accounts::objection_to(given->view(), address);
    if (!objection.empty()) return refuse(address + ": " + objection);
    hash = io::hash_password(given->view());
  }
  if (!hash) return refuse(hash.error());
  password.hash = std::move(*hash);
  return password;
}

std::string new_secret() {
  std::array<std::uint8_t, accounts::secret_size> random{};
  io::fill_random(random);
  return accounts::make_secret(random);
}

std::string bucket_of(std::string_view password) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto hasher = io::OpensslCrypto().sha256();
  hasher->update(password);
  const dkim::Digest digest = hasher->finish();
  return {digits[digest[0] >> 4U], digits[digest[0] & 15U]};
}

std::string join_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace postern::cli
