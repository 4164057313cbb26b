// What is answered to a recipient whose mailboxes are known: is there room in any of them?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/notice.hpp"
#include "lib/quota/settings.hpp"
#include "lib/store/known.hpp"

namespace postern::quota {

/// One place where mail for a recipient ends.
struct Mailbox {
  std::string address;              ///< To which its owner is written.
  std::vector<std::string> logins;  ///< Names that Dovecot may have for it; the first known counts.
};

struct Outcome {
  bool is_refused = false;
  bool is_too_large = false;  ///< Refused, and would be by all of the mailboxes if they were empty.
  std::string why;            ///< One line of printable ASCII, with the name of a login.
  std::vector<Notice> notices;
  /// To be run in the store without waiting for them; losing them does no harm.
  std::vector<store::Operation> writes;
};

/// Refuses only if all mailboxes are full for certain: what is not published, cannot be read, is
/// older than quota.max_age, or comes from a learner that has not listened ever since, is left to
/// Dovecot. Owners of mailboxes at a level of quota.warn_at are told, once each.
///
/// \param message_size  As MAIL FROM says it (RFC 1870); 0: it does not.
/// \param enforce       False: nobody is told.
/// \param now           The same in all rounds of one request.
/// \return Nothing while a result of the store is missing, which `wants` has noted then.
[[nodiscard]] std::optional<Outcome> evaluate(std::span<const Mailbox> mailboxes,
                                              std::int64_t message_size, const Settings& settings,
                                              bool enforce, store::Wants& wants, store::Time now);

}  // namespace postern::quota
