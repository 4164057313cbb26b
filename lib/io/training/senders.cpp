#include "lib/io/training/senders.hpp"

#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace postern::io {
namespace {

constexpr std::size_t buffer_size = 16 * 1024;

std::optional<uid_t> uid_of(const std::string& name) {
  uid_t uid = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (error == std::errc() && stop == name.data() + name.size()) return uid;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(buffer_size);
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return entry.pw_uid;
}

std::string login_of(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(buffer_size);
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return {};
  }
  return entry.pw_name;
}

}  // namespace

Senders::Senders(const std::vector<std::string>& names, bool system_users)
    : trusted_{0}, system_users_(system_users) {
  for (const std::string& name : names) {
    const auto uid = uid_of(name);
    if (uid) {
      trusted_.push_back(*uid);
    } else {
      unknown_.push_back(name);
    }
  }
}

bool Senders::may_speak(uid_t sender, std::string_view user) {
  if (std::find(trusted_.begin(), trusted_.end(), sender) != trusted_.end()) return true;
  if (!system_users_) return false;
  const auto known = logins_.find(sender);
  const std::string& login = known != logins_.end()
                                 ? known->second
                                 : logins_.emplace(sender, login_of(sender)).first->second;
  return !login.empty() && login == user;
}

}  // namespace postern::io
