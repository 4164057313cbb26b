// What our milter found of a message when it came, read from the fields that it has put on top of
// it: for programs that hand a delivered message to spamd.
#pragma once

#include <string>
#include <string_view>

#include "lib/mail/author.hpp"
#include "lib/verdict/envelope.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::checks {

struct EarlierResults {
  /// Whether Authentication-Results of ours stands there. Without it `findings` has the authors
  /// only.
  bool is_ours = false;
  verdict::Findings findings;
  verdict::Envelope envelope;  ///< The sender's address only.
};

/// Believes Authentication-Results of our authserv-id between report::own_fields(), and no other:
/// what stands below our MTA's Received field came with the message.
///
/// \param message      As delivered. Without a Received field of our MTA on top it can say anything
///                     of itself: who hands it over has to see to that.
/// \param authserv_id  Ours, in the form of dns::parse_domain.
[[nodiscard]] EarlierResults earlier_results(std::string_view message, std::string_view authserv_id,
                                             mail::ToAsciiDomain to_ascii);

}  // namespace postern::checks
