// What the checks found about one message. They add to it and decide nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/antispam/settings/outcome.hpp"
#include "lib/antivirus/report.hpp"
#include "lib/arc/validator.hpp"
#include "lib/attachments/outcome.hpp"
#include "lib/dkim/verifier.hpp"
#include "lib/dmarc/evaluate.hpp"
#include "lib/mail/author.hpp"
#include "lib/spf/check_host.hpp"
#include "lib/submission/author_check.hpp"

namespace postern::verdict {

/// An empty optional means that the check did not run: it is off, or the message is our own.
struct Findings {
  std::optional<spf::Outcome> spf;       ///< Of MAIL FROM; of postmaster@HELO for the null sender.
  std::optional<spf::Outcome> spf_helo;  ///< Of HELO.
  std::optional<std::vector<dkim::Outcome>>
      dkim;  ///< A signature each, from the top; may be empty.
  std::optional<arc::Outcome> arc;
  std::optional<mail::Authors> authors;
  std::optional<dmarc::Outcome> dmarc;
  std::optional<submission::Outcome> submission;  ///< Of a message with a login.
  std::optional<antivirus::Report> antivirus;
  std::optional<attachments::Outcome> attachments;
  std::optional<antispam::Outcome> antispam;
  std::vector<std::string>
      limits;            ///< Settings whose limit was hit, such as "limits.header_fields".
  std::string unjudged;  ///< The one of them because of which checks could not run, or empty.
  std::vector<std::string> defects;  ///< What is odd about the structure; names of our own.
};

}  // namespace postern::verdict
