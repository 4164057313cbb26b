// The table of checks. A new check is a row here; its parameters come with it.
#include <array>

#include "lib/checks/antispam_check.hpp"
#include "lib/checks/antivirus_check.hpp"
#include "lib/checks/arc_check.hpp"
#include "lib/checks/attachments_check.hpp"
#include "lib/checks/check.hpp"
#include "lib/checks/dkim_check.hpp"
#include "lib/checks/dmarc_check.hpp"
#include "lib/checks/mime_check.hpp"
#include "lib/checks/spf_check.hpp"
#include "lib/checks/submission_check.hpp"

namespace postern::checks {

std::span<const Check> table() {
  static const std::array rows = {
      spf_check,        dkim_check,        arc_check,
      dmarc_check,  // rests on spf and dkim
      mime_check,       attachments_check, antivirus_check,
      antispam_check,    // asks what all those before it found
      submission_check,  // the only one for mail of our users
  };
  return rows;
}

}  // namespace postern::checks
