// Requests and replies of Postfix's socketmap protocol, without their netstrings
// (socketmap_table(5)).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::socketmap {

inline constexpr std::size_t max_map_name_size = 64;  ///< Octets.
inline constexpr std::size_t max_key_size = 4096;    ///< Octets; next hops and addresses are short.
inline constexpr std::size_t max_reason_size = 200;  ///< Octets.

struct Request {
  std::string map;  ///< The name that stands last in "socketmap:unix:PATH:NAME".
  std::string key;  ///< Any octets; may be empty and may hold blanks.

  bool operator==(const Request&) const = default;
};

/// Reads "MAP KEY". \return An error without a blank, and for a name or key that is too long or a
/// name that is empty or not printable.
[[nodiscard]] Parsed<Request> parse_request(std::string_view content);

/// What a lookup came to.
struct Reply {
  enum class Status {
    ok,         ///< Found; `text` is the value.
    not_found,  ///< No text.
    temp,       ///< The others carry the reason; Postfix defers the mail.
    timeout,
    perm
  };
  Status status = Status::not_found;
  std::string text;

  bool operator==(const Reply&) const = default;
};

/// The content of the netstring that answers. Control octets of the text become "?", so that it is
/// one line; a value that is too long for Postfix becomes PERM, a reason is cut.
[[nodiscard]] std::string format(const Reply& reply);

}  // namespace postern::socketmap
