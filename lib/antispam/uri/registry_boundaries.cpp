#include "lib/antispam/uri/registry_boundaries.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_name_size = 253;
constexpr std::size_t max_label_size = 63;

/// What .us delegates below (RFC 1480).
constexpr std::array<std::string_view, 54> us_states = {
    "ak", "al", "ar", "az", "ca", "co", "ct", "dc", "de", "fl", "ga", "gu", "hi", "ia",
    "id", "il", "in", "ks", "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "ms", "mt",
    "nc", "nd", "ne", "nh", "nj", "nm", "nv", "ny", "oh", "ok", "or", "pa", "pr", "ri",
    "sc", "sd", "tn", "tx", "ut", "va", "vi", "vt", "wa", "wi", "wv", "wy"};

bool is_us_state(std::string_view label) {
  return std::binary_search(us_states.begin(), us_states.end(), label);
}

bool is_label_end(char c) {
  return ascii::is_alnum(c) || c == '_';
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_size) return false;
  if (!is_label_end(label.front()) || !is_label_end(label.back())) return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_label_end(c) || c == '-'; });
}

std::string_view without_end_dots(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

/// Lower case, single dots, none at the ends.
std::string tidy(std::string_view host) {
  std::string name;
  name.reserve(host.size());
  for (const char c : host) {
    if (c == '.' && (name.empty() || name.back() == '.')) continue;
    name += ascii::to_lower(c);
  }
  if (name.ends_with('.')) name.pop_back();
  return name;
}

std::vector<std::string_view> labels_of(std::string_view domain) {
  std::vector<std::string_view> labels;
  for (std::size_t at = 0; at <= domain.size();) {
    const std::size_t dot = std::min(domain.find('.', at), domain.size());
    labels.push_back(domain.substr(at, dot - at));
    at = dot + 1;
  }
  return labels;
}

/// "%21" to "%7e" but "%20": there will be a form of the URI where it is decoded.
bool has_needless_escape(std::string_view host) {
  for (std::size_t at = host.find('%'); at != npos; at = host.find('%', at + 1)) {
    if (at + 2 >= host.size()) return false;
    const int high = ascii::hex_value(host[at + 1]);
    const int low = ascii::hex_value(host[at + 2]);
    if (high < 2 || high > 7 || low < 0) continue;
    const int value = high * 16 + low;
    if (value > 0x20 && value < 0x7F) return true;
  }
  return false;
}

std::string_view without_port(std::string_view host) {
  const std::size_t end = host.find_last_not_of("0123456789");
  return end != npos && host[end] == ':' ? host.substr(0, end) : host;
}

/// "scheme:", "scheme:/", "scheme://"
std::string_view without_scheme(std::string_view uri) {
  std::size_t end = 0;
  while (end < uri.size() && uri[end] >= 'a' && uri[end] <= 'z') ++end;
  if (end == 0 || end == uri.size() || uri[end] != ':') return uri;
  uri.remove_prefix(end + 1);
  for (int slash = 0; slash < 2 && uri.starts_with('/'); ++slash) uri.remove_prefix(1);
  return uri;
}

/// Empty: none.
std::string_view host_of_mailto(std::string_view address) {
  address = address.substr(0, address.find('?'));
  const std::size_t at = address.find('@');
  if (at == npos || address.find('@', at + 1) != npos) return {};
  return address.substr(at + 1);
}

std::string_view host_of_url(std::string_view uri) {
  uri = without_scheme(uri);
  uri = uri.substr(0, uri.find_first_of("/?#"));
  const std::size_t at = uri.rfind('@');
  return without_port(at == npos ? uri : uri.substr(at + 1));
}

}  // namespace

bool RegistryBoundaries::is_tld(std::string_view label) const {
  if (label.empty() || label.size() > max_label_size) return false;
  std::array<char, max_label_size> lower{};
  std::transform(label.begin(), label.end(), lower.begin(),
                 [](char c) { return ascii::to_lower(c); });
  return options_->tlds.find(std::string_view(lower.data(), label.size())) != options_->tlds.end();
}

bool RegistryBoundaries::is_domain_valid(std::string_view domain) const {
  const std::size_t dot = domain.rfind('.');
  if (dot == npos || std::any_of(domain.begin(), domain.end(), is_space_octet)) return false;
  return is_tld(domain.substr(dot + 1));
}

bool RegistryBoundaries::is_fqdn_valid(std::string_view name) {
  name = without_end_dots(name);
  if (name.size() > max_name_size) return false;
  std::size_t labels = 0;
  while (true) {  // from the last label on
    const std::size_t dot = name.rfind('.');
    const std::string_view label = dot == npos ? name : name.substr(dot + 1);
    if (!is_label(label)) return false;
    if (++labels <= 2 && label.find('_') != npos) return false;
    if (dot == npos) return labels >= 2;
    name = name.substr(0, dot);
  }
}

bool RegistryBoundaries::is_suffix(std::string_view domain, std::size_t labels) const {
  if (labels == 2) return options_->two_level_tlds.find(domain) != options_->two_level_tlds.end();
  const std::vector<std::string_view> parts = labels_of(domain);
  if (parts.back() == "us") {
    if (labels == 3) return is_us_state(parts[1]);
    const bool is_school = parts[0] == "pvt" && parts[1] == "k12";
    return (is_school || parts[0] == "ci" || parts[0] == "co") && is_us_state(parts[2]);
  }
  return labels == 3 && options_->three_level_tlds.find(domain) != options_->three_level_tlds.end();
}

std::string RegistryBoundaries::trim_domain(std::string_view host) const {
  const std::string name = tidy(host);
  // Places where the last four, three, and two labels begin; and of the one label more.
  std::array<std::size_t, 6> begins{};
  std::size_t labels = 0;
  std::size_t at = name.size();
  while (labels < 5) {
    const std::size_t dot = at == 0 ? npos : name.rfind('.', at - 1);
    begins[++labels] = dot == npos ? 0 : dot + 1;
    if (dot == npos) break;
    at = dot;
  }
  for (std::size_t count = std::min<std::size_t>(labels, 4); count >= 2; --count) {
    const std::string_view suffix = std::string_view(name).substr(begins[count]);
    if (is_suffix(suffix, count)) return name.substr(begins[std::min(count + 1, labels)]);
  }
  return name.substr(begins[std::min<std::size_t>(2, labels)]);
}

std::pair<std::string, std::string> RegistryBoundaries::host_and_domain(
    std::string_view uri) const {
  const std::string lower = ascii::to_lower(uri);
  std::string_view host = lower;
  for (const std::string_view scheme : {"javascript:", "cid:", "file:"}) {
    if (host.starts_with(scheme)) return {};
  }
  constexpr std::string_view mail = "mailto:";
  host = host.starts_with(mail) ? host_of_mailto(host.substr(mail.size())) : host_of_url(host);
  if (has_needless_escape(host)) return {};
  if (is_ip_text(host)) return {std::string(host), std::string(host)};
  std::optional<std::string> ascii_host;
  if (to_ascii_ != nullptr && host.size() <= max_name_size && !is_all_ascii(host)) {
    ascii_host = to_ascii_(host);
    if (ascii_host) host = *ascii_host;
  }
  if (!is_fqdn_valid(host) || !is_domain_valid(host)) return {};
  return {std::string(host), trim_domain(host)};
}

}  // namespace postern::antispam
