// Parameters of MIME fields, plain and extended (RFC 2045 §5.1, RFC 2231).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/charset.hpp"
#include "lib/mail/defect.hpp"
#include "lib/mail/limits.hpp"

namespace postern::mail {

struct Parameter {
  std::string name;  ///< Lower case, without "*" and section number.
  /// Of an extended parameter UTF-8, else the octets as sent; quotes and escapes are resolved.
  std::string value;
  bool is_extended = false;  ///< Named a charset (RFC 2231 §4).
};

/// The parameters of one field.
struct Parameters {
  /// In order of first appearance; of one name the extended value stands first. Values that are
  /// given twice are all here.
  std::vector<Parameter> list;
  Defects defects;
  LimitsHit limits;

  /// The value to use for a lower-case name, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

/// Reads `;name=value` pairs; the first semicolon may lack. Continuations are joined in the order
/// of their numbers, over gaps too (RFC 2231 §3). An unquoted value may hold anything up to
/// the next semicolon, since many senders forget the quotes.
///
/// \param text  What follows the value of the field, from any sender.
[[nodiscard]] Parameters parse_parameters(std::string_view text, const CharsetConverter& charsets,
                                          const Limits& limits = {});

}  // namespace postern::mail
