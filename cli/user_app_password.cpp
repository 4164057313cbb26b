// "postern user app-password": passwords for one program or device each.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/user_options.hpp"
#include "lib/io/crypt/password_hash.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/keyring/key.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

using accounts::AddressKind;
using accounts::Login;

// Two of one bucket could not both be found by Dovecot.
std::string secret_in_free_bucket(const accounts::Accounts& accounts, const std::string& address) {
  while (true) {
    std::string secret = new_secret();
    if (is_free_bucket(accounts, address, bucket_of(secret))) return secret;
  }
}

}  // namespace

int app_password_add(const AccountOptions& options) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return fail(address.error());
  auto change = AccountChange::begin(options);
  if (!change) return fail(change.error());
  accounts::Accounts& accounts = (*change)->accounts();
  const std::string secret = secret_in_free_bucket(accounts, *address);
  const auto hash = io::hash_password(secret);
  if (!hash) return fail(hash.error());
  const accounts::Outcome done =
      add_app_password(accounts, {*address, options.label, bucket_of(secret), *hash,
                                  keyring::format_date(io::seconds_since_epoch())});
  if (!done) return fail(done.error());
  const auto status = (*change)->commit();
  if (!status) return fail(status.error());
  std::printf("%s: app password \"%s\", shown this once: %s\n", address->c_str(),
              report::escape(options.label).c_str(), secret.c_str());
  return *status;
}

int app_password_list(const AccountOptions& options) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return fail(address.error());
  auto accounts = io::AccountDirectory(options.directory).load();
  if (!accounts) return fail(accounts.error());
  const auto user = find_user(*accounts, *address);
  if (!user) return fail(user.error());
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Login* login : app_passwords_of(*accounts, *address)) {
    list.push_back({{"label", login->gecos}, {"made", login->shell}});
    if (options.json) continue;
    std::printf("%s: \"%s\", made %s\n", address->c_str(), report::escape(login->gecos).c_str(),
                report::escape(login->shell).c_str());
  }
  const bool is_empty = list.empty();
  const nlohmann::ordered_json document = {{"app_passwords", std::move(list)}};
  if (options.json) {
    std::printf("%s\n", report::dump(document).c_str());
  } else if (is_empty) {
    std::printf("%s: has no app passwords\n", address->c_str());
  }
  return 0;
}

int app_password_remove(const AccountOptions& options) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return fail(address.error());
  auto change = AccountChange::begin(options);
  if (!change) return fail(change.error());
  const accounts::Outcome done =
      remove_app_password((*change)->accounts(), *address, options.label);
  if (!done) return fail(done.error());
  const auto status = (*change)->commit();
  if (!status) return fail(status.error());
  std::printf(
      "%s: app password \"%s\" logs in no more\nIMAP sessions that are open go on; to end "
      "them: doveadm kick %s\n",
      address->c_str(), report::escape(options.label).c_str(), address->c_str());
  return *status;
}

}  // namespace postern::cli
