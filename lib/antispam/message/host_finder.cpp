#include "lib/antispam/message/host_finder.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"
#include "lib/base/ascii.hpp"
#include "lib/base/ip_address.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string_view::npos;
// Octets of a host before the dot of its top-level domain.
constexpr std::size_t max_host_head = 251;

bool is_label_char(char c) {
  return ascii::is_alnum(c) || c == '-';
}
bool joins_names(char c) {
  return c == '.' || c == '_' || c == '-';
}

// A known top-level domain with the dot before it, where a host may end.
struct HostEnd {
  std::size_t dot = 0;
  std::size_t end = 0;
};

class HostFinder {
 public:
  HostFinder(std::string_view text, const Words& tlds) : text_(text) {
    for (std::size_t dot = text.find('.'); dot != npos; dot = text.find('.', dot + 1)) {
      std::size_t end = dot + 1;
      while (end < text.size() && is_label_char(text[end])) ++end;
      const bool is_cut = end < text.size() && (joins_names(text[end]));
      if (end == dot + 1 || is_cut) continue;
      if (tlds.contains(ascii::to_lower(text.substr(dot + 1, end - dot - 1)))) {
        ends_.push_back({dot, end});
      }
    }
  }

  // Behind the last "@" of a line behind which there is a host; then it must be a valid one.
  [[nodiscard]] std::optional<std::string> behind_at() const {
    std::size_t begin = 0;
    while (begin <= text_.size()) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      for (std::size_t at = end; at > begin; --at) {
        if (text_[at - 1] != '@') continue;
        if (const auto host = host_at(at)) return valid(*host);
      }
      begin = end + 1;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> anywhere() const {
    if (ends_.empty()) return std::nullopt;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (is_space_octet(text_[at]) || (at > 0 && joins_names(text_[at - 1]))) continue;
      const auto host = host_at(at);
      if (!host) continue;
      if (auto found = valid(*host)) return found;
      at += host->size() - 1;
    }
    return std::nullopt;
  }

 private:
  // The longest host that begins at `begin`.
  [[nodiscard]] std::optional<std::string_view> host_at(std::size_t begin) const {
    const auto behind =
        std::upper_bound(ends_.begin(), ends_.end(), begin + max_host_head,
                         [](std::size_t most, const HostEnd& each) { return most < each.dot; });
    if (behind == ends_.begin()) return std::nullopt;
    const HostEnd& last = *(behind - 1);
    if (last.dot <= begin || space_behind(begin) < last.dot) return shorter_host_at(begin, behind);
    return text_.substr(begin, last.end - begin);
  }

  // As host_at, where white space ends the text before.
  [[nodiscard]] std::optional<std::string_view> shorter_host_at(
      std::size_t begin, std::vector<HostEnd>::const_iterator behind) const {
    const std::size_t space = space_behind(begin);
    behind =
        std::upper_bound(ends_.begin(), behind, space,
                         [](std::size_t most, const HostEnd& each) { return most < each.dot; });
    if (behind == ends_.begin() || (behind - 1)->dot <= begin) return std::nullopt;
    return text_.substr(begin, (behind - 1)->end - begin);
  }

  [[nodiscard]] std::size_t space_behind(std::size_t begin) const {
    const std::size_t most = std::min(text_.size(), begin + max_host_head + 1);
    std::size_t at = begin;
    while (at < most && !is_space_octet(text_[at])) ++at;
    return at;
  }

  static std::optional<std::string> valid(std::string_view host) {
    if (!RegistryBoundaries::is_fqdn_valid(ascii::to_lower(host))) return std::nullopt;
    return std::string(host);
  }

  std::string_view text_;
  std::vector<HostEnd> ends_;
};

bool is_word_boundary(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word_octet(text[at - 1]);
  const bool behind = at < text.size() && is_word_octet(text[at]);
  return before != behind;
}

// Dotted quad, whatever the numbers.
std::optional<std::string> reversed_quad(std::string_view ip) {
  std::string reversed;
  int parts = 0;
  while (true) {
    const std::size_t dot = ip.find('.');
    const std::string_view part = ip.substr(0, dot);
    const bool is_number =
        !part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), ascii::is_digit);
    if (!is_number || ++parts > 4) return std::nullopt;
    reversed.insert(0, parts == 1 ? std::string(part) : std::string(part) + '.');
    if (dot == npos) break;
    ip.remove_prefix(dot + 1);
  }
  return parts == 4 ? std::optional(reversed) : std::nullopt;
}

}  // namespace

std::optional<std::string> find_host(std::string_view text, const Words& tlds) {
  const HostFinder finder(text, tlds);
  if (auto host = finder.behind_at()) return host;
  return finder.anywhere();
}

std::optional<std::string> host_of_address(std::string_view address) {
  for (std::size_t at = address.rfind('@'); at != npos && at + 1 <= address.size();
       at = at == 0 ? npos : address.rfind('@', at - 1)) {
    std::size_t end = at + 1;
    while (end < address.size() && !is_space_octet(address[end])) ++end;
    if (end == at + 1) continue;
    const std::string_view host = address.substr(at + 1, end - at - 1);
    return host == "0" ? std::nullopt : std::optional(std::string(host));
  }
  return std::nullopt;
}

std::optional<std::string> find_ip(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word_boundary(text, at) || (at > 0 && text[at - 1] == '.')) continue;
    const TextEnds ends = ip_address_at(text, at);
    for (std::size_t i = 0; i < ends.count; ++i) {
      const std::size_t end = ends.ends[i];
      if (!is_word_boundary(text, end) || (end < text.size() && text[end] == '.')) continue;
      return std::string(text.substr(at, end - at));
    }
  }
  return std::nullopt;
}

std::optional<std::string> reversed_ip(std::string_view ip) {
  if (ip.find(':') == npos) return reversed_quad(ip);
  const auto address = parse_ip_address(ip);
  if (!address) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string reversed;
  IpAddress::Bytes bytes = address->bytes();
  std::reverse(bytes.begin(), bytes.end());
  for (const std::uint8_t byte : bytes) {
    if (!reversed.empty()) reversed += '.';
    reversed += digits[byte & 15U];
    reversed += '.';
    reversed += digits[byte >> 4U];
  }
  return reversed;
}

}  // namespace postern::antispam
