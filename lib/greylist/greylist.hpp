// Greylisting: is this first attempt put off until the client comes again? (RFC 6647 §2.4)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/greylist/client.hpp"
#include "lib/greylist/settings.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::greylist {

/// One recipient of a message, as the client names it.
struct Attempt {
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty: the null sender.
  std::string recipient;
};

struct Outcome {
  bool is_held = false;
  std::string why;                          ///< One line without text of the peer but names of
                                            ///< domains and networks.
  std::chrono::milliseconds retry_after{};  ///< When held: until the attempt would pass.
  std::string identity;                     ///< Who the client counts as; empty when not looked at.
  /// To be run in the store without waiting for them; losing them does no harm.
  std::vector<store::Operation> writes;
};

/// Why the store says that a client is known, such as "our users wrote to the domain".
struct Acquaintance {
  std::string key;          ///< Where that is kept; empty: the client is not known.
  std::string_view why;     ///< A literal.
  bool by_returns = false;  ///< Known by coming back, not by what our users did.
};

/// The first thing of evaluate() that needs the store; it only reads, so it may be run ahead.
/// \param client  What identity() takes of it, and its value, are enough.
/// \return Nothing while a result is missing, which `wants` has noted then.
[[nodiscard]] std::optional<Acquaintance> find_acquaintance(const Client& client,
                                                            const Attempt& attempt,
                                                            store::Wants& wants);

/// Decides about one recipient. A client who is trusted, not suspicious, whom our users wrote to,
/// or who came back often enough is never held; any other is until `delay` after the first attempt
/// of its triplet. Of attempts at the same time one is the first and all are held. A first attempt
/// that lies in the future, since the clock went back, becomes one of now.
///
/// \param now  The same in all rounds of one request.
/// \return Nothing while a result of the store is missing, which `wants` has noted then.
[[nodiscard]] std::optional<Outcome> evaluate(const Client& client, const Attempt& attempt,
                                              const Settings& settings, store::Wants& wants,
                                              store::Time now);

/// What a user's own message to `recipient` teaches: mail from there is expected.
[[nodiscard]] std::vector<store::Operation> contact_operations(std::string_view recipient,
                                                               const Settings& settings);

}  // namespace postern::greylist
