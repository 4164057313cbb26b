// What was observed on this host. The checks judge it; DNS comes apart from it, as dns::Answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antivirus/outcome.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/doctor/postfix_config.hpp"
#include "lib/keyring/key.hpp"
#include "lib/records/mta_sts.hpp"

namespace postern::doctor {

/// A value, or why it is not known: a sentence without a full stop.
template <typename T>
using Observed = Expected<T, std::string>;

template <typename T>
Observed<T> not_observed(std::string why) {
  return Unexpected<std::string>(std::move(why));
}

/// What became of talking to a server.
struct SocketFact {
  std::string name;     ///< As the operator wrote it.
  std::string where;    ///< What was connected to, such as the path below the chroot.
  std::string used_by;  ///< The parameter that names it.
  std::string problem;  ///< Empty when it answered as it should; else a sentence.
};

/// OutboundFact::problem when it was DNS that failed, not the connection.
inline constexpr std::string_view no_address = "has no address";

/// One TCP connection to port 25 of somebody else.
struct OutboundFact {
  std::string host;
  std::string problem;  ///< Empty when it greeted.
};

struct ClockFact {
  bool synchronized = false;
  bool is_ours = true;  ///< False in a container that may not set it.
};

struct CertificateFact {
  std::string file;
  std::string used_by;          ///< The parameter that names it.
  std::int64_t not_before = 0;  ///< Seconds since the epoch.
  std::int64_t not_after = 0;
  bool matches_host = false;  ///< Whether it names the mail host.
};

/// A certificate that could not be read.
struct CertificateProblem {
  std::string file;
  std::string used_by;
  std::string problem;  ///< Such as "permission denied".
};

/// How Dovecot offers TLS.
struct DovecotFact {
  bool serves_clients = false;  ///< Whether mail programs connect to it (IMAP, POP3, submission).
  std::string ssl;              ///< Its setting of that name: "no", "yes", "required".
  std::string setting;          ///< The one that names the certificate: "ssl_cert" before 2.4.
  bool has_certificate = false;
  std::string certificate;  ///< Its file; empty also where it stands in the configuration itself.
};

/// What a scanner for viruses says of the EICAR test file.
struct ScannerFact {
  std::string address;  ///< As the operator wrote it.
  bool is_avscan = false;
  antivirus::Outcome outcome;
};

/// The rules that the milter judges spam by.
struct RulesFact {
  std::string directory;                ///< Empty: there is none.
  std::optional<std::int64_t> written;  ///< Seconds since the epoch; nothing: there are none.
};

struct DiskFact {
  std::string directory;
  std::string used_for;
  std::uint64_t free_bytes = 0;  ///< For users that are not root.
  std::uint64_t total_bytes = 0;
  std::uint64_t free_inodes = 0;
  std::uint64_t total_inodes = 0;  ///< 0 where the file system has no fixed number.
};

struct ServiceFact {
  std::string name;    ///< "_imaps._tcp".
  std::string target;  ///< Empty when there is none.
  std::uint16_t port = 0;
};

/// What is known of our own configuration.
struct OwnConfig {
  std::string file;           ///< Of the configuration, whether there is one or not.
  std::string milter_socket;  ///< In libmilter's spelling.
  std::uint64_t max_body_size = 0;
  std::vector<std::string> dns_servers;
  bool dnssec = false;
  bool is_default = false;  ///< There is no configuration file.
  bool enforces = false;    ///< Some check of the milter does; else it only observes.
  std::chrono::milliseconds dns_budget{};
  std::chrono::milliseconds scan_budget{};  ///< Waiting for scanners; 0: nothing is scanned.
};

/// Policy file and SRV records of a domain, for those that were asked for.
struct DomainFacts {
  std::string domain;  ///< In the form of dns::parse_domain.
  Observed<records::StsPolicy> sts_policy = not_observed<records::StsPolicy>("is not fetched");
  bool sts_policy_failed = false;  ///< Fetching was tried, and its error is the domain's fault.
  Observed<std::vector<ServiceFact>> services =
      not_observed<std::vector<ServiceFact>>("not asked for");
};

struct Facts {
  std::int64_t now = 0;  ///< Seconds since the epoch.
  std::vector<DomainFacts> domains;
  std::string host;  ///< myhostname, in the form of dns::parse_domain; may be empty.
  std::string helo;  ///< smtp_helo_name, likewise.
  std::vector<IpAddress> addresses;  ///< From which this host sends.
  std::string addresses_from;        ///< Where they were learnt, such as "network interfaces".
  bool asks_dns_lists = true;        ///< Off with --offline.

  Observed<PostfixConfig> postfix = not_observed<PostfixConfig>("not looked at");
  Observed<OwnConfig> config = not_observed<OwnConfig>("not looked at");
  Observed<std::vector<keyring::Key>> keys = not_observed<std::vector<keyring::Key>>("not read");
  /// "FILE: problem" or "FILE: problem; mend it with: COMMAND", one for each key that is not safe
  /// or cannot be used.
  Observed<std::vector<std::string>> key_problems =
      not_observed<std::vector<std::string>>("not read");
  Observed<std::vector<SocketFact>> milters = not_observed<std::vector<SocketFact>>("not tried");
  Observed<std::vector<SocketFact>> policies = not_observed<std::vector<SocketFact>>("not tried");
  Observed<std::vector<OutboundFact>> outbound =
      not_observed<std::vector<OutboundFact>>("not tried");
  Observed<ClockFact> clock = not_observed<ClockFact>("not read");
  Observed<std::vector<IpAddress>> name_servers = not_observed<std::vector<IpAddress>>("not read");
  Observed<bool> authenticated_data =
      not_observed<bool>("not asked");  ///< AD bit (RFC 4035 §3.2.3).
  Observed<std::vector<CertificateFact>> certificates =
      not_observed<std::vector<CertificateFact>>("not read");
  std::vector<CertificateProblem> unreadable_certificates;
  Observed<DovecotFact> dovecot = not_observed<DovecotFact>("not looked at");
  Observed<std::vector<ScannerFact>> scanners = not_observed<std::vector<ScannerFact>>("not asked");
  /// When a signature of postern-avscan was last written; nothing where that is of no concern.
  std::optional<std::int64_t> signatures_written;
  Observed<RulesFact> rules = not_observed<RulesFact>("not looked at");
  Observed<std::vector<DiskFact>> disks = not_observed<std::vector<DiskFact>>("not read");
};

}  // namespace postern::doctor
