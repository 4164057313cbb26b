// Addresses that accounts, aliases, and their targets may have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::accounts {

inline constexpr std::size_t max_local_part_size = 64;  ///< Octets; RFC 5321 §4.5.3.1.1.
inline constexpr std::size_t max_path_size = 254;       ///< Octets; RFC 5321 §4.5.3.1.3.

/// What an address is to be. Local parts of ours hold only letters, digits, ".", "-", and "_":
/// Dovecot accepts no more in the name of a login, Postfix takes "+" for the beginning of a detail
/// and other characters for routes, and each is the name of a folder.
enum class AddressKind {
  account,  ///< user@domain.
  alias,    ///< The same, or "@domain": what no other address of the domain takes.
  target,   ///< Any RFC 5321 dot-string; a detail ("user+detail@domain") may be in it.
};

/// What turns a domain as a person writes it into A-labels, as io::to_ascii_domain() does.
using DomainReader = std::optional<std::string> (*)(std::string_view);

/// Reads an address as it was given on a command line.
/// \return It in lower case, with its domain in A-labels; or what is wrong, fit to be shown.
[[nodiscard]] Expected<std::string, std::string> read_address(std::string_view text,
                                                              AddressKind kind,
                                                              DomainReader to_ascii);

/// Whether `text` is an address as read_address() returns it.
[[nodiscard]] bool is_address(std::string_view text, AddressKind kind);

/// The domain of an address as read_address() returns it.
[[nodiscard]] std::string_view domain_of(std::string_view address);
/// Its local part; empty for "@domain".
[[nodiscard]] std::string_view local_part_of(std::string_view address);
/// The address without the detail of its local part.
[[nodiscard]] std::string without_detail(std::string_view address);

}  // namespace postern::accounts
