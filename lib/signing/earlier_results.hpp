// Mail that comes from inside with results of our own: whether it was ours before it came in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/dkim/signing_key.hpp"
#include "lib/mail/author.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/signing/settings.hpp"

namespace postern::signing {

/// Why a message that was judged here before must not be signed.
struct EarlierResults {
  std::string author_domain;  ///< In the form of dns::parse_domain.
  std::string result;         ///< Of DMARC for that domain, one of ours; "none" when not known.
  std::string reason;         ///< For the log.
};

/// A mailing list, a content filter, or a forwarder on this host gives a message back that came
/// from outside, with the Authentication-Results that we gave it; forged ones did not come past us
/// (RFC 8601 §5). Three cases:
///
/// - The author is another than the one we judged: the software here has written itself into From,
///   as lists do for members whose domain has a DMARC policy. The mail is ours; no objection.
/// - The author is the one we judged, and DMARC passed: a user of ours wrote from elsewhere, with
///   the right to. No objection.
/// - The author is the one we judged, and DMARC did not pass, or nobody knows: a signature of ours
///   would make a forgery genuine. Objection.
///
/// \param header       Of mail of our own that carries results under our authserv-id.
/// \param authserv_id  Ours.
/// \return Nothing for mail that may be signed, and for mail that is not signed anyway because of
///         its From or for want of keys.
[[nodiscard]] std::optional<EarlierResults> find_objection(const mail::HeaderSection& header,
                                                           mail::ToAsciiDomain to_ascii,
                                                           std::string_view authserv_id,
                                                           const Settings& settings,
                                                           const dkim::KeySource& keys);

/// What is left of the earlier results: the body of an Authentication-Results field with DMARC's
/// alone, as authres::format. It says nothing that anybody could want to forge.
[[nodiscard]] std::string format_earlier(const EarlierResults& earlier,
                                         std::string_view authserv_id);

}  // namespace postern::signing
