// What a verdict says of the client that sent the message, for the reputation.
#pragma once

#include <optional>
#include <string_view>

#include "lib/report/verdict.hpp"
#include "lib/reputation/feed.hpp"
#include "lib/verdict/envelope.hpp"

namespace postern::report {

/// What a message that was merely authenticated counts for: spammers have domains, too.
inline constexpr double authenticated_weight = 0.2;
/// And one that is refused, but perhaps through no fault of its client: it is only tagged, or the
/// client has shown by SPF who it is, as the mailing lists do that break what authors sign.
inline constexpr double doubtful_weight = 0.5;

/// An event of kind spam for a message that enforce mode would reject, hold, or tag, of kind ham
/// for one whose author DMARC has proved; in observe mode as well. \param id  Names the message
/// among all of this site, such as "4Fq2@mx.example.org". \return Nothing for mail of our own, for
/// what could not be judged or only later, for what the
///         operator has excepted, and for messages that show nothing either way.
[[nodiscard]] std::optional<reputation::Event> reputation_event(const Verdict& verdict,
                                                                const verdict::Envelope& envelope,
                                                                std::string_view id);

}  // namespace postern::report
