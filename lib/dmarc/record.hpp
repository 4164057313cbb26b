// DMARC policy records: what a domain asks for and where it wants reports (RFC 9989 §4.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::dmarc {

/// From the mildest to the strictest, so that they compare.
enum class Policy { none, quarantine, reject };

enum class Alignment { relaxed, strict };

/// Whether the domain is a public suffix domain: psd=y, psd=n, and psd=u.
enum class PublicSuffix { yes, no, unknown };

/// Which failures the domain wants reported (fo=; RFC 9989 §4.7). Acts only with ruf.
struct FailureOptions {
  bool all_failed = true;    ///< 0: nothing aligned and passed.
  bool any_failed = false;   ///< 1: something did not.
  bool dkim_failed = false;  ///< d
  bool spf_failed = false;   ///< s

  bool operator==(const FailureOptions&) const = default;
};

/// One record as published. Unknown tags, and pct, rf, and ri, which RFC 9989 removed, are not
/// kept.
struct PolicyRecord {
  std::optional<Policy> p;          ///< Empty if it is missing or its value is none of the three.
  std::optional<Policy> sp;         ///< For existing subdomains without a record.
  std::optional<Policy> np;         ///< For names that do not exist.
  bool has_invalid_policy = false;  ///< p, sp, or np has another value (RFC 9989 §4.10.1).
  Alignment adkim = Alignment::relaxed;
  Alignment aspf = Alignment::relaxed;
  PublicSuffix psd = PublicSuffix::unknown;
  bool testing = false;  ///< t=y
  FailureOptions fo;
  std::vector<std::string> rua;  ///< Valid URIs without the obsolete "!size", at most
                                 ///< max_report_uris. Printable ASCII.
  std::vector<std::string> ruf;  ///< Likewise.
  bool has_more_uris = false;    ///< Some were left out by that limit.

  bool operator==(const PolicyRecord&) const = default;
};

inline constexpr std::size_t max_record_size = 65535;  ///< Octets: what one DNS answer can hold.
inline constexpr std::size_t max_report_uris = 20;     ///< Kept of rua, and of ruf.

/// Reads a TXT record. "v=DMARC1" must come first and "DMARC1" in this case (RFC 9989 §4.8).
/// Whatever is wrong after it leaves the tag at its default. Tag names and the words of values are
/// read in any case, since the ABNF spells them as literals (RFC 5234 §2.3). Of a tag given twice,
/// the first counts, even if its value is invalid.
///
/// \param text  The joined character-strings, from any domain.
/// \return An error if this is no DMARC record.
[[nodiscard]] Parsed<PolicyRecord> parse_record(std::string_view text);

/// The record as text, tags with their default value left out.
/// parse_record gives the record back if it has no invalid policy.
[[nodiscard]] std::string format(const PolicyRecord& record);

/// The record to go by: without a valid p, or with an invalid sp or np, it acts as p=none if it
/// wants aggregate reports, and not at all otherwise (RFC 9989 §4.10.1).
[[nodiscard]] std::optional<PolicyRecord> applicable(const PolicyRecord& record);

[[nodiscard]] std::string_view to_token(Policy policy);

}  // namespace postern::dmarc
