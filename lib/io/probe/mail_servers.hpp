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

/// The certificate file of Dovecot 2.3 (ssl_cert) or 2.4 (ssl_server_cert_file); empty where
/// Dovecot is not installed or has none. \param file  Its configuration; empty for the system's.
[[nodiscard]] std::string dovecot_certificate(const std::string& file,
                                              std::chrono::milliseconds timeout);

/// Speaks to each milter, each once however many parameters name it. One thread each.
[[nodiscard]] std::vector<doctor::SocketFact> probe_milters(const doctor::PostfixConfig& postfix,
                                                            std::chrono::milliseconds timeout);

/// Speaks to each policy server in the restrictions of main.cf and master.cf. One thread each.
[[nodiscard]] std::vector<doctor::SocketFact> probe_policies(const doctor::PostfixConfig& postfix,
                                                             std::chrono::milliseconds timeout);

/// Certificates of the SMTP server and of Dovecot. \param problems  Gains "FILE: why" lines.
[[nodiscard]] std::vector<doctor::CertificateFact> read_certificates(
    const doctor::Observed<doctor::PostfixConfig>& postfix, const std::string& dovecot_file,
    const std::string& host, std::vector<std::string>& problems);

}  // namespace postern::io
