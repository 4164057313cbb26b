// Counts a mailbox as Dovecot does when it decides whether a delivery fits.
#pragma once

#include <optional>

#include "lib/quota/usage.hpp"

struct mail_user;

namespace postern::quota_plugin {

/// \return Nothing when no quota root of the user has our backend, or the mailbox cannot be counted
///         now, which Dovecot has logged.
[[nodiscard]] std::optional<quota::Usage> usage_of(mail_user& user);

}  // namespace postern::quota_plugin
