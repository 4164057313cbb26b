#include "lib/accounts/password.hpp"

#include <algorithm>

#include "lib/accounts/address.hpp"
#include "lib/base/ascii.hpp"

namespace postern::accounts {
namespace {

constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
static_assert(alphabet.size() == 32);
constexpr std::size_t group_size = 5;

// Octets that begin a character of UTF-8.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// "abcabcabc…": made of fewer than five characters again and again.
bool is_repetition(std::string_view text) {
  for (std::size_t size = 1; size < group_size; ++size) {
    if (text.size() > size && text.substr(size) == text.substr(0, text.size() - size)) return true;
  }
  return false;
}

bool is_part_of_address(std::string_view password, std::string_view address) {
  return ascii::equals_ignoring_case(password, address) ||
         ascii::equals_ignoring_case(password, domain_of(address)) ||
         ascii::equals_ignoring_case(password, local_part_of(address));
}

}  // namespace

std::string objection_to(std::string_view password, std::string_view address) {
  if (has_control(password)) return "the password has a control character in it; leave it out";
  if (password.size() > max_password_size) return "the password has more than 256 octets";
  if (is_part_of_address(password, address)) {
    return "the password is the address, or a part of it; take another";
  }
  if (count_characters(password) < min_password_size) {
    return "the password has fewer than 15 characters; take some words more, or --generate";
  }
  if (is_repetition(password)) return "the password repeats itself; take another";
  return "";
}

std::string make_secret(const std::array<std::uint8_t, secret_size>& random) {
  std::string secret;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i > 0 && i % group_size == 0) secret += '-';
    secret += alphabet[random[i] % alphabet.size()];
  }
  return secret;
}

}  // namespace postern::accounts
