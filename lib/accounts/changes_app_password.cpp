#include <algorithm>

#include "lib/accounts/accounts.hpp"
#include "lib/accounts/address.hpp"
#include "lib/base/ascii.hpp"

namespace postern::accounts {
namespace {

constexpr std::size_t max_label_size = 64;
constexpr std::size_t bucket_size = 2;

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

std::string name_of(std::string_view address, std::string_view bucket) {
  return std::string(address) + "/" + std::string(bucket);
}

}  // namespace

bool is_user_name(std::string_view name) {
  return is_address(name, AddressKind::account);
}

bool is_app_password_name(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash == name.npos) return false;
  const std::string_view bucket = name.substr(slash + 1);
  return bucket.size() == bucket_size && is_user_name(name.substr(0, slash)) &&
         std::all_of(bucket.begin(), bucket.end(),
                     [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::string objection_to_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_size) return "a label has 1 to 64 characters";
  if (ascii::trim(label) != label) return "a label neither begins nor ends with a blank";
  const bool is_plain = std::all_of(label.begin(), label.end(),
                                    [](char c) { return ascii::is_printable(c) && c != ':'; });
  return is_plain ? "" : "a label is made of printable ASCII characters without \":\"";
}

std::vector<const Login*> app_passwords_of(const Accounts& accounts, std::string_view address) {
  const std::string beginning = std::string(address) + "/";
  std::vector<const Login*> found;
  for (const Login& login : accounts.app_passwords.logins) {
    if (login.name.starts_with(beginning)) found.push_back(&login);
  }
  return found;
}

bool is_free_bucket(const Accounts& accounts, std::string_view address, std::string_view bucket) {
  return accounts.app_passwords.find(name_of(address, bucket)) == nullptr;
}

Outcome add_app_password(Accounts& accounts, const AppPassword& added) {
  const auto user = find_user(accounts, added.address);
  if (!user) return refuse(user.error());
  if (is_disabled(**user)) {
    return refuse(added.address +
                  ": the account is disabled; enable it first: postern user enable " +
                  added.address);
  }
  const std::string objection = objection_to_label(added.label);
  if (!objection.empty()) return refuse(objection);
  const auto present = app_passwords_of(accounts, added.address);
  if (present.size() >= max_app_passwords) {
    return refuse(added.address + ": has 32 app passwords; remove one of them first");
  }
  for (const Login* login : present) {
    if (login->gecos == added.label) {
      return refuse(added.address +
                    ": has an app password of this label already; take another "
                    "label, or remove that one first");
    }
  }
  Login login;
  login.name = name_of(added.address, added.bucket);
  login.password = added.hash;
  login.gecos = added.label;
  login.shell = added.date;
  accounts.app_passwords.logins.push_back(std::move(login));
  return {};
}

Outcome remove_app_password(Accounts& accounts, std::string_view address, std::string_view label) {
  const auto user = find_user(accounts, address);
  if (!user) return refuse(user.error());
  const auto& logins = accounts.app_passwords.logins;
  const std::string beginning = std::string(address) + "/";
  const auto found = std::find_if(logins.begin(), logins.end(), [&](const Login& login) {
    return login.name.starts_with(beginning) && login.gecos == label;
  });
  if (found == logins.end()) {
    return refuse(std::string(address) +
                  ": has no app password of this label; see: postern user app-password list " +
                  std::string(address));
  }
  accounts.app_passwords.remove(*found);
  return {};
}

}  // namespace postern::accounts
