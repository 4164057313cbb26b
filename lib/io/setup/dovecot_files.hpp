// Dovecot as setup finds it, and what it says of a change.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/base/result.hpp"
#include "lib/setup/dovecot_plan.hpp"

namespace postern::io {

/// \param file  dovecot.conf; empty: that of the system.
/// \return Nothing when Dovecot is not installed; an error when it does not like its configuration.
[[nodiscard]] Expected<std::optional<setup::DovecotFound>, std::string> read_dovecot_found(
    const std::string& file);

/// The settings in force; what Dovecot says when it does not like them.
[[nodiscard]] Expected<setup::DovecotSettings, std::string> read_dovecot_settings(
    const std::string& file);

/// Compiles a script. \return What sievec(1) says when it does not like it.
[[nodiscard]] Expected<void, std::string> compile_sieve(const std::string& file,
                                                        const std::string& script);

[[nodiscard]] bool dovecot_runs(const std::string& file);
[[nodiscard]] Expected<void, std::string> reload_dovecot(const std::string& file);

/// The user of this host under whom Dovecot reads the mail of an address; nothing if Dovecot does
/// not know the address.
[[nodiscard]] std::optional<std::string> mail_owner(const std::string& file,
                                                    const std::string& address);

/// Waits until a message is in the mailboxes of a user. \return Whether it is.
[[nodiscard]] bool wait_for_message(const std::string& file, const std::string& user,
                                    const std::string& message_id,
                                    std::chrono::milliseconds timeout);

/// Takes a message out of the mailboxes of a user, as well as that can be done.
void expunge_message(const std::string& file, const std::string& user,
                     const std::string& message_id);

}  // namespace postern::io
