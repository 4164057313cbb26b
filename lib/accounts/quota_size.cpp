#include "lib/accounts/quota_size.hpp"

#include <cstdint>

#include "lib/base/ascii.hpp"

namespace postern::accounts {
namespace {

constexpr const char* field_of_23 = "userdb_quota_rule";
constexpr const char* field_of_24 = "userdb_quota_storage_size";
constexpr std::string_view units = "KMGT";
constexpr std::uint64_t step = 1024;
constexpr std::uint64_t least = step;                      // 1M in K
constexpr std::uint64_t most = step * step * step * step;  // 1024T in K

Unexpected<std::string> refuse() {
  return Unexpected<std::string>(
      "is no size: a number and K, M, G, or T, as 500M or 2G, from 1M to 1024T; or none, or "
      "default");
}

std::string format_kilobytes(std::uint64_t size) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && size % step == 0) {
    size /= step;
    ++unit;
  }
  return std::to_string(size) + units[unit];
}

}  // namespace

Expected<std::string, std::string> read_quota(std::string_view text) {
  if (ascii::equals_ignoring_case(text, "none")) return std::string("0");
  if (ascii::equals_ignoring_case(text, "default")) return std::string();
  constexpr std::size_t max_digits = 15;  // which cannot overflow
  if (text.size() < 2 || text.size() > max_digits + 1) return refuse();
  const char last = text.back();
  const auto unit = units.find(static_cast<char>(last >= 'a' && last <= 'z' ? last - 32 : last));
  if (unit == units.npos) return refuse();
  std::uint64_t size = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!ascii::is_digit(c)) return refuse();
    size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  for (std::size_t i = 0; i < unit && size <= most; ++i) size *= step;
  if (size < least || size > most) return refuse();
  return format_kilobytes(size);
}

void set_quota(Login& login, const std::string& size) {
  set_extra_field(login, field_of_23, size.empty() ? "" : "*:storage=" + size);
  set_extra_field(login, field_of_24, size);
}

std::string_view quota_of(const Login& login) {
  return extra_field(login, field_of_24);
}

std::string describe_quota(std::string_view size) {
  if (size.empty()) return "default";
  return size == "0" ? "no limit" : std::string(size);
}

}  // namespace postern::accounts
