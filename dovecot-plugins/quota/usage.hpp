// Counts a mailbox as Dovecot does when it decides whether a delivery fits.
#pragma once

#include <optional>

#include "lib/quota/usage.hpp"

struct mail_user;

namespace postern::quota_plugin {

[[nodiscard]] quota::Instant now();

/// Of the quota roots that INBOX is in. Not certain where Dovecot makes room by itself (plugin
/// trash).
/// \return Nothing when none of them has our backend, or the mailbox cannot be counted now, which
///         is logged.
[[nodiscard]] std::optional<quota::Usage> usage_of(mail_user& user);

}  // namespace postern::quota_plugin
