// A URI of a message and the forms of it that rules look at (PerMsgStatus::get_uri_detail_list).
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

struct MessageUri {
  PerlString uri;  ///< As found; with a scheme, if it was found in text.
  /// Canonical forms, the original first; none if uri rules do not look at it.
  std::vector<PerlString> cleaned;
  std::set<std::string> types;  ///< parsed, unlinked, schemeless, a, img, domainkeys, …
  std::vector<PerlString> anchor_texts;
  /// host -> registrable domain, of all cleaned forms; each host once.
  std::vector<std::pair<std::string, std::string>> hosts;
  bool truncated = false;  ///< A form was longer than max_uri_size.
};

}  // namespace postern::antispam
