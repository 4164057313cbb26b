// Reads Authentication-Results of other agents, and tells which fields claim to be ours (RFC 8601).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::authres {

/// One "ptype.property=pvalue" as another ADMD wrote it. Some write a word without a dot
/// ("action="): then `type` is empty.
struct ReportedProperty {
  std::string type;   ///< In lower case: "smtp", "header", "body", "policy", ….
  std::string name;   ///< In lower case: "mailfrom", "d", ….
  std::string value;  ///< Without quoting. Any bytes but CR and LF.

  bool operator==(const ReportedProperty&) const = default;
};

/// One "method=result" as another ADMD wrote it.
struct ReportedResult {
  std::string method;    ///< In lower case; parse_method knows ours.
  unsigned version = 1;  ///< Of the method.
  std::string result;    ///< In lower case; parse_result knows ours.
  std::string reason;    ///< Without quoting. Any bytes but CR and LF.
  std::vector<ReportedProperty> properties;

  /// The value of the first such property, or nothing (a view into this object).
  [[nodiscard]] std::string_view value_of(std::string_view type, std::string_view name) const;

  bool operator==(const ReportedResult&) const = default;
};

/// One field. Whoever wrote it is not known from the field alone.
struct AuthenticationResults {
  std::string authserv_id;  ///< In lower case, without quoting.
  unsigned version = 1;
  std::vector<ReportedResult> results;  ///< In the order written; empty for "none".
  bool complete = true;  ///< False when a statement was not understood, or left out by a limit.

  bool operator==(const AuthenticationResults&) const = default;
};

/// An ARC-Authentication-Results field (RFC 8617 §4.1.1).
struct ArcAuthenticationResults {
  unsigned instance = 0;  ///< From 1 to max_arc_instance.
  AuthenticationResults results;
};

inline constexpr std::size_t max_body_size = 65536;         ///< Octets; Postfix cuts at 60,000.
inline constexpr std::size_t max_results = 100;             ///< More are left out.
inline constexpr std::size_t max_properties = 50;           ///< Of one result; more are left out.
inline constexpr unsigned max_arc_instance = 50;            ///< RFC 8617 §4.2.1.
inline constexpr unsigned max_version_number = 99'999'999;  ///< Of field and methods.

/// Reads one Authentication-Results field. Comments, folding, quoting, and the unquoted "/" or "="
/// that large mailbox providers write in values are seen through; a statement that makes no sense
/// is left out.
///
/// \param body  The field body, folded or not, from any sender.
/// \return An error when there is no authserv-id, a comment or quoted-string has no end, or the
///         body is longer than max_body_size.
[[nodiscard]] Parsed<AuthenticationResults> parse(std::string_view body);

/// Like parse, for ARC-Authentication-Results: "i=" instance ";" comes first.
[[nodiscard]] Parsed<ArcAuthenticationResults> parse_arc(std::string_view body);

/// Reads only the authserv-id.
///
/// \param body  The field body, folded or not, from any sender.
/// \return The identifier in lower case, without comments and quoting. "spf=pass" has none.
[[nodiscard]] Parsed<std::string> parse_authserv_id(std::string_view body);

/// Whether a field that came with the message claims to be from us and has to be deleted (RFC 8601
/// §5). Case, comments, quoting, white space, control octets, and a final dot do not hide our
/// identifier; a field whose identifier cannot be read counts as ours, since nobody knows how a
/// later reader takes it. So does a UTF-8 identifier if ours has an A-label.
///
/// \param body         The field body, from any sender.
/// \param authserv_id  Ours, from the operator.
[[nodiscard]] bool is_ours(std::string_view body, std::string_view authserv_id);

}  // namespace postern::authres
