// The ARC fields of a message in sets, and what is wrong with the sets as such (RFC 8617 §5.2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/arc/fields.hpp"
#include "lib/dkim/limits.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::arc {

/// A field and where it stands.
struct PlacedField {
  std::uint32_t position = 0;
  Field field;
};

struct Set {
  PlacedField seal;
  PlacedField message_signature;
  PlacedField results;
};

/// All sets of a message, or why they are no chain.
struct Chain {
  unsigned instances = 0;  ///< Highest instance read; max_sets + 1 when there are more sets.
  std::vector<Set> sets;   ///< Instance 1 first; empty without ARC fields and with a problem.
  std::string problem;     ///< Ours, for people, naming the set; empty when there is none.
};

/// Sorts the fields into sets and checks all that needs neither body nor keys: at most max_sets of
/// each kind (before anything is parsed), every field well-formed, instances 1 to N once each, and
/// cv= none in the first seal and pass in the others.
///
/// \param limits  signature_field_size counts for seals and message signatures.
[[nodiscard]] Chain read_chain(const mail::HeaderSection& header, dkim::ToAsciiDomain to_ascii,
                               const dkim::Limits& limits);

}  // namespace postern::arc
