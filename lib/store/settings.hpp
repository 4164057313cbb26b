// Parameters of the store that programs share: the section [store].
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::store {

/// Where a store is.
struct Address {
  enum class Kind {
    lmdb,        ///< A file of this host.
    redis,       ///< A server, by TCP.
    redis_tls,   ///< The same with TLS.
    redis_unix,  ///< A server of this host, by unix socket.
  };
  Kind kind = Kind::lmdb;
  std::string path;  ///< Of lmdb and redis_unix.
  std::string host;  ///< Name or address, without brackets.
  std::uint16_t port = 6379;
  std::uint32_t database = 0;

  bool operator==(const Address&) const = default;
};

/// Reads "lmdb:PATH", "redis://HOST[:PORT][/DATABASE]", "rediss://…" for TLS, or
/// "redis+unix:PATH[?db=DATABASE]". User and password stand elsewhere, so that nobody can read them
/// in a log or a list of processes.
[[nodiscard]] Parsed<Address> parse_address(std::string_view text);

struct Settings {
  std::string url;
  Address address;  ///< Of url.
  config::ByteSize max_size;
  std::string user;
  std::string password_file;
  std::string ca_file;
  std::chrono::milliseconds timeout{};

  bool operator==(const Settings& other) const {
    return address == other.address && max_size.bytes == other.max_size.bytes &&
           user == other.user && password_file == other.password_file && ca_file == other.ca_file &&
           timeout == other.timeout;
  }
};

[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::store
