#include "lib/accounts/address.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::accounts {
namespace {

using Text = Expected<std::string, std::string>;

constexpr char detail_mark = '+';
constexpr std::string_view marks_of_ours = ".-_";
constexpr std::string_view marks_of_atext = ".-_!#$%&'*+/=?^`{|}~";  // RFC 5322 §3.2.3, and "."

Unexpected<std::string> refuse(std::string_view problem) {
  return Unexpected<std::string>(std::string(problem));
}

bool is_made_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return ascii::is_alnum(c) || marks.find(c) != marks.npos; });
}

bool is_dot_string(std::string_view text) {
  return !text.starts_with('.') && !text.ends_with('.') && text.find("..") == text.npos;
}

// A hyphen at the beginning would be an option to many programs.
std::string_view problem_of_local_part(std::string_view local, AddressKind kind) {
  if (local.empty()) return "has nothing before the @";
  if (local.size() > max_local_part_size) return "has more than 64 characters before the @";
  if (kind == AddressKind::target) {
    if (!is_made_of(local, marks_of_atext)) return "has characters that need quotes before the @";
  } else if (local.find(detail_mark) != local.npos) {
    return "has a \"+\" before the @: what follows it is a detail, which every account has of "
           "itself; leave it out";
  } else if (!is_made_of(local, marks_of_ours) || local.starts_with('-')) {
    return "may have before the @ only ASCII letters, digits, \".\", \"_\", and \"-\", and not "
           "begin with \"-\"";
  }
  return is_dot_string(local) ? "" : "has a dot at either end, or two together, before the @";
}

Text read_domain(std::string_view text, DomainReader to_ascii) {
  auto domain = to_ascii(text);
  if (!domain) return refuse("has no domain name after the @");
  if (domain->find('.') == domain->npos) return refuse("needs a domain with a dot after the @");
  return std::move(*domain);
}

std::optional<std::string> as_it_is(std::string_view domain) {
  const auto parsed = dns::parse_domain(domain);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

Expected<std::string, std::string> read_address(std::string_view text, AddressKind kind,
                                                DomainReader to_ascii) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return refuse("is no address: it has no @");
  const std::string local = ascii::to_lower(text.substr(0, at));
  const bool is_catch_all = kind == AddressKind::alias && local.empty();
  const std::string_view problem = is_catch_all ? "" : problem_of_local_part(local, kind);
  if (!problem.empty()) return refuse(problem);
  Text domain = read_domain(text.substr(at + 1), to_ascii);
  if (!domain) return domain;
  std::string address = local + "@" + *domain;
  if (address.size() > max_path_size) return refuse("is longer than 254 characters");
  return address;
}

bool is_address(std::string_view text, AddressKind kind) {
  const Text address = read_address(text, kind, as_it_is);
  return address && *address == text;
}

std::string_view domain_of(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

std::string_view local_part_of(std::string_view address) {
  return address.substr(0, std::min(address.rfind('@'), address.size()));
}

std::string without_detail(std::string_view address) {
  const std::string_view local = local_part_of(address);
  const std::size_t mark = local.find(detail_mark);
  if (mark == local.npos || mark == 0) return std::string(address);
  return std::string(local.substr(0, mark)) + "@" + std::string(domain_of(address));
}

}  // namespace postern::accounts
