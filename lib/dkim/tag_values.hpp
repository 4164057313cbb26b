// Values of single tags: numbers, domains, canonicalizations, quoted-printable (RFC 6376 §2.11).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dkim/signature.hpp"

namespace postern::dkim {

inline constexpr std::size_t max_time_digits = 12;    ///< RFC 6376 §3.5, "1*12DIGIT".
inline constexpr std::size_t max_length_digits = 19;  ///< Fits 64 bits; RFC 6376 §3.5 allows 76.
inline constexpr std::size_t max_number_digits = 76;  ///< More digits are an error.
/// What a number with too many digits counts as.
inline constexpr std::uint64_t endless_number = std::numeric_limits<std::uint64_t>::max();

/// Reads decimal digits. More than `digits` of them, leading zeros included, give endless_number.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view value, std::size_t digits);

/// Reads a domain or selector, A-labels or U-labels, and gives it as A-labels in the form of
/// dns::parse_name. Refused: what dns::parse_domain refuses after conversion, NUL, a final dot.
[[nodiscard]] std::optional<std::string> parse_domain_value(std::string_view value,
                                                            ToAsciiDomain to_ascii);

struct Canonicalizations {
  Canonicalization header = Canonicalization::simple;
  Canonicalization body = Canonicalization::simple;
};

/// Reads "header/body" or "header", where the body is simple (RFC 6376 §3.5, c=).
[[nodiscard]] std::optional<Canonicalizations> parse_canonicalizations(std::string_view value);

/// Decodes dkim-quoted-printable: "=XX" is an octet, white space is none (RFC 6376 §2.11).
[[nodiscard]] std::optional<std::string> decode_quoted_printable(std::string_view value);

/// Encodes what must not stand in a tag value as it is.
[[nodiscard]] std::string encode_quoted_printable(std::string_view text);

}  // namespace postern::dkim
