// What the antispam rules are told of a message besides its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/checks/content.hpp"
#include "lib/verdict/envelope.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::checks {

/// Results of the other checks in the words of SpamAssassin's plugins.
[[nodiscard]] antispam::AuthenticationFacts authentication_facts(const verdict::Findings& findings);

/// Domains that SPF or DKIM vouches for.
[[nodiscard]] std::vector<std::string> vouched_domains(const verdict::Findings& findings);
/// Domains that a message names as its own: of From, of the envelope sender, of
/// valid signatures.
[[nodiscard]] std::vector<std::string> claimed_domains(const verdict::Findings& findings,
                                                       const verdict::Envelope& envelope);

/// The message as SpamAssassin would find it in a mailbox: with a Return-Path
/// and the Received field that the MTA adds only later, and lines that end with
/// LF.
[[nodiscard]] std::string delivered_text(const verdict::Envelope& envelope, const Content& content,
                                         std::int64_t now);

}  // namespace postern::checks
