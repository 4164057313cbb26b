// What the header section of one part says about its body.
#pragma once

#include <string>
#include <vector>

#include "lib/mail/mime.hpp"

namespace postern::mail {

/// How to take a part apart.
struct PartShape {
  std::vector<std::string> boundaries;  ///< Of a multipart; all of them part its body.
  bool is_message = false;              ///< The body is a message.
};

/// Reads the MIME fields of part.header into part.
///
/// \param default_type  What a part without Content-Type is (RFC 2046 §5.1.5 for a digest).
/// \param limits_hit    Gets the limits that were hit.
[[nodiscard]] PartShape read_part_fields(Part& part, const ContentType& default_type,
                                         const CharsetConverter& charsets, const Limits& limits,
                                         LimitsHit& limits_hit);

}  // namespace postern::mail
