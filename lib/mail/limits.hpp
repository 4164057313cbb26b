// How much of one message the parsers read; a limit that was hit is always reported.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/mail/flag_set.hpp"

namespace postern::mail {

/// Limits of one message. What lies beyond a limit is left unread and the Limit is noted.
struct Limits {
  std::size_t header_fields = 10'000;    ///< Fields of one header section.
  std::size_t header_size = 1U << 20U;   ///< Octets of one header section.
  std::size_t part_fields = 100'000;     ///< Fields of the header sections of all parts together.
  std::size_t depth = 64;                ///< Of nested parts; the root has depth 0.
  std::size_t parts = 10'000;            ///< Parts of one message, the root included.
  std::size_t boundary_size = 2'048;     ///< Octets; RFC 2046 §5.1.1 allows 70.
  std::size_t parameters = 32;           ///< Of one field; each section of RFC 2231 §3 counts.
  std::size_t parameter_size = 65'536;   ///< Octets of one structured field that are read.
  std::size_t addresses = 10'000;        ///< Members of one address list, groups included.
  std::size_t member_tokens = 1'000;     ///< Words and signs of one member of an address list.
  std::size_t decoded_text = 65'536;     ///< Octets of UTF-8 that one decoded text may have.
  std::size_t ambiguous_boundaries = 4;  ///< Boundaries of one multipart that are all obeyed.
};

/// A limit that was hit.
enum class Limit {
  header_fields,
  header_size,
  part_fields,
  depth,
  parts,
  boundary_size,
  parameters,
  parameter_size,
  addresses,
  member_tokens,
  decoded_text,
  ambiguous_boundaries,
};

/// The name of the limit as in Limits, for logs and symbols.
[[nodiscard]] std::string_view to_text(Limit limit);

using LimitsHit = FlagSet<Limit>;

}  // namespace postern::mail
