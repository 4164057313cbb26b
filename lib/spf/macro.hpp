// Macros of SPF: their grammar and what they expand to (RFC 7208 §7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::spf {

/// More parts than this no %{d7} may keep: a name has at most 127 labels (RFC 7208 §7.3).
inline constexpr unsigned max_macro_parts = 255;
/// Macros in one macro-string. As many as a name can have labels; more is only there to cost time.
inline constexpr unsigned max_macros = 127;
/// Octets that a domain-spec may expand to before it is cut to the length of a name. Thirty times
/// what a name holds; more comes only from a HELO or local part made for it.
inline constexpr std::size_t max_expansion_size = 8192;

/// A macro-string that was parsed. Views borrow from the text it was parsed from.
struct MacroString {
  std::string_view text;
  bool needs_client_name = false;  ///< Whether %{p} occurs: its value costs DNS questions.
};

/// What the macro letters stand for (RFC 7208 §7.2). All but `client_ip`, `receiver`, and `now`
/// come from the peer.
struct MacroValues {
  std::string local_part;     ///< l, and the first part of s.
  std::string sender_domain;  ///< o, and the last part of s.
  std::string domain;         ///< d: of the record that is evaluated.
  std::string helo;           ///< h.
  std::string client_name;    ///< p: a validated name, or "unknown".
  std::string receiver;       ///< r.
  IpAddress client_ip;        ///< i, c, v. Not an IPv4-mapped one.
  std::int64_t now = 0;       ///< t: seconds since the epoch.
};

/// Reads domain-spec: what names the target of a term (RFC 7208 §7.1). It ends in a macro, or in a
/// dot and a top label; c, r, and t are not allowed.
[[nodiscard]] Parsed<MacroString> parse_domain_spec(std::string_view text);

/// Reads macro-string, the value of a modifier that we do not know (RFC 7208 §6).
[[nodiscard]] Parsed<MacroString> parse_macro_string(std::string_view text);

/// Reads explain-string, the text that exp= leads to: a macro-string with spaces (RFC 7208 §6.2).
[[nodiscard]] Parsed<MacroString> parse_explain_string(std::string_view text);

/// The name that a domain-spec stands for, in the form of dns::parse_name. Longer than a name may
/// be, it loses labels at the left (RFC 7208 §7.3).
///
/// \return Nothing if it is no name that can be asked. Octets other than printable ASCII, which
/// only
///         a local part or a HELO can bring in, make it none: such a term never matches
///         (RFC 8616 §4). Neither does one longer than max_expansion_size.
[[nodiscard]] std::optional<std::string> expand_name(const MacroString& domain_spec,
                                                     const MacroValues& values);

/// The text that an explain-string stands for.
///
/// \param max_size  Octets; what is longer is cut.
/// \return Nothing if it is empty or not printable ASCII.
[[nodiscard]] std::optional<std::string> expand_text(const MacroString& explain_string,
                                                     const MacroValues& values,
                                                     std::size_t max_size);

}  // namespace postern::spf
