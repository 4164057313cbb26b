#include "lib/greylist/sender.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::greylist {
namespace {

// What stands behind the n-th of `separators` in the text, or the text if there are fewer.
std::string_view behind(std::string_view text, unsigned n, std::string_view separators) {
  std::string_view rest = text;
  for (unsigned i = 0; i < n; ++i) {
    const std::size_t at = rest.find_first_of(separators);
    if (at == rest.npos) return text;
    rest.remove_prefix(at + 1);
  }
  return rest;
}

bool is_srs(std::string_view local_part, char version) {
  return local_part.size() > 5 && local_part.starts_with("srs") && local_part[3] == version &&
         std::string_view("=+-").find(local_part[4]) != std::string_view::npos;
}

// Sender rewriting as libsrs2 and postsrsd do it; the separator behind "SRS0" may be any of three.
std::string_view without_srs(std::string_view local_part) {
  if (is_srs(local_part, '0')) return behind(local_part.substr(5), 2, "=");
  if (is_srs(local_part, '1')) {
    const std::size_t original = local_part.find("==");
    if (original != local_part.npos) return behind(local_part.substr(original + 2), 2, "=");
  }
  return local_part;
}

// "prvs=0123abcdef=user" and Barracuda's "btv1==TAG==user".
std::string_view without_batv(std::string_view local_part) {
  if (local_part.starts_with("prvs=")) return behind(local_part, 2, "=");
  if (local_part.starts_with("btv1==")) return behind(local_part.substr(6), 2, "=");
  return local_part;
}

// VERP: "list-bounces+user=example.org" or "list-bounces-user=example.org", the recipient behind
// the last sign before "=".
std::string_view without_recipient(std::string_view local_part) {
  const std::size_t plus = local_part.find('+');
  if (plus != local_part.npos && plus > 0) return local_part.substr(0, plus);
  const std::size_t equals = local_part.find('=');
  if (equals == local_part.npos) return local_part;
  const std::size_t dash = local_part.rfind('-', equals);
  return dash == local_part.npos || dash == 0 ? local_part : local_part.substr(0, dash);
}

// Parts that count or name a message become "#".
std::string without_numbers(std::string_view local_part) {
  constexpr std::string_view separators = "-_.=+";
  std::string out;
  while (true) {
    const std::size_t end = std::min(local_part.find_first_of(separators), local_part.size());
    const std::string_view part = local_part.substr(0, end);
    if (std::any_of(part.begin(), part.end(), ascii::is_digit)) {
      out += '#';
    } else {
      out += part;
    }
    if (end == local_part.size()) return out;
    out += local_part[end];
    local_part.remove_prefix(end + 1);
  }
}

}  // namespace

std::string normalized_sender(std::string_view rfc5321_mail_from) {
  if (rfc5321_mail_from.empty()) return "<>";
  const std::string address = ascii::to_lower(rfc5321_mail_from);
  const std::size_t at = std::min(address.rfind('@'), address.size());
  std::string_view local_part = std::string_view(address).substr(0, at);
  const std::string_view tagless = without_srs(without_batv(local_part));
  if (tagless.size() == local_part.size()) {
    local_part = without_recipient(local_part);
  } else {
    local_part = tagless;
  }
  std::string sender = without_numbers(local_part.substr(0, max_local_part_size));
  return sender.append(address, at);
}

std::string normalized_recipient(std::string_view recipient) {
  return ascii::to_lower(recipient);
}

}  // namespace postern::greylist
