// Addresses that can be keys of Postfix's tables, and the lists of them that tables hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/recipients/names.hpp"

namespace postern::recipients {

inline constexpr std::size_t max_address_size = 320;  ///< Octets; RFC 5321 §4.5.3.1.1, §4.5.3.1.2.
inline constexpr std::size_t max_destinations = 100;  ///< Of one entry of a table.

/// Both parts in lower case, as far as they are ASCII, and without quotes.
struct Address {
  std::string local_part;
  std::string domain;
  [[nodiscard]] std::string text() const { return local_part + "@" + domain; }
  bool operator==(const Address&) const = default;
};

/// Reads an address as Postfix rewrites it: one without a domain gets names.origin.
///
/// Only what needs no quotes and has one meaning: no blanks and control characters, no "a%b" and
/// "a!b", which Postfix may take for routes, no "/", and at most max_address_size octets. Octets
/// above 127 may be in it.
[[nodiscard]] Parsed<Address> parse_address(std::string_view text, const Names& names);

/// Where the extension of a local part begins, at its delimiter; its size: it has none.
[[nodiscard]] std::size_t extension_offset(std::string_view local_part, const Names& names);

/// An address or something else that aliases(5) allow, without quotes and backslashes.
/// Postfix reads "\user" as "user", whatever local(8) says, and so does this.
using Destination = std::string;

/// What an entry of a table lists: separated by commas or blanks, at most max_destinations and at
/// least one. Comments, groups, and display names are left in the destinations, where
/// parse_address() does not accept them.
[[nodiscard]] Parsed<std::vector<Destination>> split_destinations(std::string_view text);

/// Whether mail goes into a command, a file, or what a file lists.
[[nodiscard]] bool leads_outside(const Destination& destination);

}  // namespace postern::recipients
