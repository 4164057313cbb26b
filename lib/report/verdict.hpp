// All there is to say about one message, before it is written down anywhere.
#pragma once

#include <string>
#include <vector>

#include "lib/disposition/disposition.hpp"
#include "lib/signing/outbound_signer.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::report {

/// A field to be put on top of the message; body as it follows the colon, folded with LF.
struct NewField {
  std::string name;
  std::string body;
};

/// A field to be removed: the index-th (from 1) of all that bear this name in any case.
struct RemovedField {
  std::string name;
  unsigned index = 0;
};

struct Verdict {
  verdict::Findings findings;
  disposition::Facts facts;
  disposition::Decision decision;
  std::vector<RemovedField> removed;  ///< In the order in which they must be removed.
  std::vector<NewField> inserted;     ///< From top to bottom.
  signing::Outcome signing;           ///< Of mail of our own, when there are keys.
};

}  // namespace postern::report
