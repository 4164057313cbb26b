// What Postfix and Dovecot say of their own settings, and the sockets and certificates they name.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/doctor/facts.hpp"

namespace postern::io {

/// Asks postconf(1), which gets probe_timeout at least.
/// \param directory  Of main.cf; empty for the system's own.
[[nodiscard]] doctor::Observed<doctor::PostfixConfig> read_postfix(
    const std::string& directory, std::chrono::milliseconds timeout);

/// Asks doveconf(1) of Dovecot 2.3 or 2.4. \param file  Its configuration; empty for the system's.
[[nodiscard]] doctor::Observed<doctor::DovecotFact> read_dovecot(const std::string& file,
                                                                 std::chrono::milliseconds timeout);

/// Speaks to each milter, each once however many parameters name it. One thread each.
[[nodiscard]] std::vector<doctor::SocketFact> probe_milters(const doctor::PostfixConfig& postfix,
                                                            std::chrono::milliseconds timeout);

/// Speaks to each policy server in the restrictions of main.cf and master.cf. One thread each.
[[nodiscard]] std::vector<doctor::SocketFact> probe_policies(const doctor::PostfixConfig& postfix,
                                                             std::chrono::milliseconds timeout);

/// Certificates of the SMTP server and of Dovecot. \param problems  Gains those not to be read.
[[nodiscard]] std::vector<doctor::CertificateFact> read_certificates(
    const doctor::Observed<doctor::PostfixConfig>& postfix,
    const doctor::Observed<doctor::DovecotFact>& dovecot, const std::string& host,
    std::vector<doctor::CertificateProblem>& problems);

}  // namespace postern::io
