#include "lib/io/redis/server_address.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::io::redis {
namespace {

constexpr unsigned max_port = 65535;
constexpr unsigned max_database = 65535;
constexpr std::size_t max_path_size = 107;  // sun_path
constexpr std::size_t max_host_size = 253;

std::optional<unsigned> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) {
    return std::nullopt;
  }
  return value;
}

bool is_host_char(char c) {
  return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= max_host_size &&
         std::all_of(host.begin(), host.end(), is_host_char);
}

// "HOST", "HOST:PORT", "[ADDRESS]", or "[ADDRESS]:PORT"; whether it was one.
bool read_host(std::string_view text, ServerAddress& address) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return false;
    address.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    rest = colon == text.npos ? std::string_view() : text.substr(colon);
  }
  if (!is_host(address.host)) return false;
  if (rest.empty()) return true;
  const auto port = rest.starts_with(':') ? number(rest.substr(1), max_port) : std::nullopt;
  if (!port || *port == 0) return false;
  address.port = static_cast<std::uint16_t>(*port);
  return true;
}

}  // namespace

std::string ServerAddress::text() const {
  if (!path.empty()) return "unix:" + path;
  const bool brackets = host.find(':') != host.npos;
  return (tls ? "rediss://" : "redis://") + (brackets ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

Parsed<ServerAddress> parse_server_address(std::string_view text) {
  ServerAddress address;
  if (text.starts_with("unix:")) {
    address.path = text.substr(5);
    if (!address.path.starts_with('/'))
      return parse_error(5, "a path that begins with / is needed");
    if (address.path.size() > max_path_size) return parse_error(5, "too long for a unix socket");
    return address;
  }
  address.tls = text.starts_with("rediss://");
  if (!address.tls && !text.starts_with("redis://")) {
    return parse_error(0, "redis://, rediss://, or unix: is needed");
  }
  const std::size_t start = text.find("//") + 2;
  std::string_view rest = text.substr(start);
  if (rest.find('@') != rest.npos) {
    return parse_error(start, "user and password belong into settings of their own");
  }
  const std::size_t slash = rest.find('/');
  if (slash != rest.npos) {
    const std::string_view digits = rest.substr(slash + 1);
    const auto database = digits.empty() ? 0U : number(digits, max_database);
    if (!database) return parse_error(start + slash + 1, "no number of a database");
    address.database = *database;
    rest = rest.substr(0, slash);
  }
  if (!read_host(rest, address)) return parse_error(start, "no host or port");
  return address;
}

}  // namespace postern::io::redis
