// The SPF record: directives and modifiers, read strictly and as a whole (RFC 7208 §4.6, §5, §6).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/spf/macro.hpp"

namespace postern::spf {

/// The result a directive gives when its mechanism matches (RFC 7208 §4.6.2).
enum class Qualifier { pass, fail, softfail, neutral };

enum class Mechanism { all, include, a, mx, ptr, ip4, ip6, exists };

/// Views borrow from the text of the record.
struct Directive {
  Qualifier qualifier = Qualifier::pass;
  Mechanism mechanism = Mechanism::all;
  std::optional<MacroString> target;  ///< Of a, mx, ptr; without one the domain itself. Always set
                                      ///< for include and exists.
  IpNetwork network;                  ///< Of ip4 and ip6.
  unsigned prefix4 = 32;              ///< Of a and mx, for an IPv4 client.
  unsigned prefix6 = 128;             ///< Of a and mx, for an IPv6 client.
  std::string_view text;              ///< As the record spells it; visible ASCII.
};

/// Views borrow from the text of the record.
struct Record {
  std::vector<Directive> directives;
  std::optional<MacroString> redirect;
  std::optional<MacroString> explanation;  ///< exp=.
};

/// Whether a TXT record is an SPF record: "v=spf1" and then a space or nothing (RFC 7208 §4.5).
[[nodiscard]] bool is_record(std::string_view text);

/// Reads a record. Every term must be right, also those that evaluation would not reach; modifiers
/// that are not known are allowed (RFC 7208 §4.6, §6).
///
/// \param text  Any octets, from whoever publishes the domain. Its size is the caller's to limit.
[[nodiscard]] Parsed<Record> parse_record(std::string_view text);

/// Whether the mechanism counts as a term that asks DNS (RFC 7208 §4.6.4).
[[nodiscard]] bool asks_dns(Mechanism mechanism);

/// The mechanism's name in a record.
[[nodiscard]] std::string_view to_token(Mechanism mechanism);

}  // namespace postern::spf
