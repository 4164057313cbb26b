#include "lib/store/settings.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace postern::store {
namespace {

using config::ConfigError;
using config::row;

constexpr std::array table = {
    row<&Settings::url>(
        "store.url", R"("lmdb:/var/lib/postern/policy/store.lmdb")",
        "Where counters, greylist, and reputation are kept: lmdb:PATH for a file of this host; "
        "redis://HOST:PORT/DATABASE, rediss://HOST:PORT/DATABASE (TLS), or "
        "redis+unix:PATH?db=DATABASE for a Redis or Valkey that several hosts share. Read at start "
        "only, as are the others of this section."),
    row<&Settings::max_size>("store.max_size", R"("256MiB")",
                             "Size of the LMDB file. When it is nearly full, first attempts of "
                             "senders that have not come back are dropped, the oldest first, and "
                             "only then what ends soonest. Redis has its own maxmemory."),
    row<&Settings::user>("store.user", R"("")",
                         "Name for Redis to log in with. Empty: its default user."),
    row<&Settings::password_file>("store.password_file", R"("")",
                                  "File whose first line is the password for Redis; readable only "
                                  "for the user of the daemon. Empty: none."),
    row<&Settings::ca_file>("store.ca_file", R"("")",
                            "Certificates that sign that of Redis, in PEM, for rediss://. Empty: "
                            "those of the system."),
    row<&Settings::timeout>("store.timeout", R"("200ms")", "The longest wait for Redis."),
};

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

// "HOST[:PORT][/DATABASE]"; an IPv6 address stands in brackets.
Parsed<Address> parse_server(std::string_view text, Address address) {
  const std::size_t slash = text.find('/');
  if (slash != text.npos) {
    const std::string_view database = text.substr(slash + 1);
    if (!database.empty() && !read_number(database, address.database)) {
      return parse_error(slash + 1, "names no database such as /0");
    }
    text = text.substr(0, slash);
  }
  if (text.find('@') != text.npos) {
    return parse_error(0, "holds a user; set store.user and store.password_file instead");
  }
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : text.npos;
  const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
  if (colon != text.npos) {
    if (!read_number(text.substr(colon + 1), address.port) || address.port == 0) {
      return parse_error(colon + 1, "has no port from 1 to 65535");
    }
    text = text.substr(0, colon);
  }
  if (bracket != text.npos) text = text.substr(1, bracket - 1);
  if (text.empty()) return parse_error(0, "names no host");
  address.host = text;
  return address;
}

Parsed<Address> parse_path(std::string_view text, Address address) {
  if (!text.starts_with('/')) return parse_error(0, "needs a path that begins with /");
  address.path = text;
  return address;
}

}  // namespace

Parsed<Address> parse_address(std::string_view text) {
  Address address;
  if (take(text, "lmdb:")) return parse_path(text, std::move(address));
  if (take(text, "redis://")) {
    address.kind = Address::Kind::redis;
    return parse_server(text, std::move(address));
  }
  if (take(text, "rediss://")) {
    address.kind = Address::Kind::redis_tls;
    return parse_server(text, std::move(address));
  }
  if (take(text, "redis+unix:")) {
    address.kind = Address::Kind::redis_unix;
    const std::size_t query = text.find("?db=");
    if (query != text.npos) {
      if (!read_number(text.substr(query + 4), address.database)) {
        return parse_error(query + 4, "names no database such as ?db=0");
      }
      text = text.substr(0, query);
    }
    return parse_path(text, std::move(address));
  }
  return parse_error(0,
                     "is none of lmdb:PATH, redis://HOST:PORT, rediss://HOST:PORT, and "
                     "redis+unix:PATH");
}

Expected<Settings, ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(table), document);
  if (!settings) return settings;
  auto address = parse_address(settings->url);
  if (!address) {
    const auto entry = document.find("store.url");
    const bool given = entry != document.end();
    return Unexpected<ConfigError>(ConfigError{
        given ? entry->second.file : "default", given ? entry->second.line : 0,
        "store.url: \"" + settings->url + "\" " + std::string(address.error().problem)});
  }
  settings->address = std::move(*address);
  return settings;
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::store
