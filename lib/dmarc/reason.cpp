// Why a DMARC result is what it is, in words for people.
#include "lib/dmarc/reason.hpp"

namespace postern::dmarc {
namespace {

constexpr std::size_t max_shown_name = 64;
constexpr std::size_t max_shown_names =
    2;  // of one method; with the words around, below 320 octets

std::string list(const std::set<std::string>& names) {
  std::string text;
  std::size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == max_shown_names) break;
    text += (shown++ == 0 ? "" : ", ") + shorten(name);
  }
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace

std::string shorten(std::string_view name) {
  if (name.size() <= max_shown_name) return std::string(name);
  // The right end says whose name it is.
  return "..." + std::string(name.substr(name.size() - (max_shown_name - 3)));
}

std::string describe_unaligned(const std::set<std::string>& spf,
                               const std::set<std::string>& dkim) {
  if (spf.empty() && dkim.empty()) return "neither SPF nor DKIM passed";
  std::string text = "no aligned identifier: ";
  if (!spf.empty()) text += "SPF passed for " + list(spf);
  if (!dkim.empty()) text += (spf.empty() ? "DKIM passed for " : ", DKIM for ") + list(dkim);
  return text;
}

std::string describe_dns_failure(std::string_view owner) {
  return "DNS failed for " + shorten(owner);
}

}  // namespace postern::dmarc
