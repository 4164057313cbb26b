// Where a milter or policy server listens, in Postfix's spelling and in libmilter's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::doctor {

/// A socket. Two spellings of one socket compare equal once the paths are resolved.
struct Endpoint {
  enum class Kind { inet, unix_path };
  Kind kind = Kind::inet;
  std::string host;  ///< Of inet: address or name, without brackets.
  std::uint16_t port = 0;
  std::string path;  ///< Of unix_path, as written or, after resolve_path(), absolute.

  bool operator==(const Endpoint&) const = default;
  /// In Postfix's spelling.
  [[nodiscard]] std::string text() const;
};

/// Reads "inet:HOST:PORT" (HOST may stand in brackets), "unix:PATH", or "local:PATH", as Postfix
/// writes them. Names of ports are not known.
[[nodiscard]] Parsed<Endpoint> parse_postfix_endpoint(std::string_view text);

/// Reads "inet:PORT@HOST", "inet6:PORT@HOST", "unix:PATH", or "local:PATH", as libmilter does.
[[nodiscard]] Parsed<Endpoint> parse_libmilter_endpoint(std::string_view text);

/// Where a path leads: relative ones, and in a chroot all, lie below the queue directory.
[[nodiscard]] Endpoint resolve_path(Endpoint endpoint, const std::string& queue_directory,
                                    bool chrooted);

/// Whether both are the same socket; "localhost", "127.0.0.1", "::1", and any local address match.
[[nodiscard]] bool is_same_socket(const Endpoint& a, const Endpoint& b);

}  // namespace postern::doctor
