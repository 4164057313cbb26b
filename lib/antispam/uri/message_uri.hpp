// A URI of a message and the forms of it that rules look at (PerMsgStatus::get_uri_detail_list).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

struct MessageUri {
  PerlString uri;                   ///< As found.
  std::vector<PerlString> cleaned;  ///< Canonical forms; the original is one of them.
  std::set<std::string> types;  ///< parsed, unlinked, a, img, …; domainkeys and dkim for signers.
  std::vector<PerlString> anchor_texts;
  /// host -> registrable domain, of all cleaned forms.
  std::vector<std::pair<std::string, std::string>> hosts;
};

}  // namespace postern::antispam
