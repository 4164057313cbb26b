// Every record that a mail domain needs, and why, worked out from a few facts about its host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/records/mta_sts.hpp"
#include "lib/records/record.hpp"

namespace postern::records {

/// A public key to publish.
struct DkimKey {
  std::string selector;  ///< In the form of dns::parse_domain.
  std::string text;      ///< The key record (RFC 6376 §3.6.1).
  enum class State { pending, active, retired };
  State state = State::active;
  std::string keep_until;  ///< Of a retired key: the day until which its record is needed.
};

/// What the records follow from. Names are in the form of dns::parse_domain.
struct Request {
  std::string domain;                ///< Whose mail it is.
  std::string host;                  ///< The one mail host, which receives and sends.
  std::vector<IpAddress> addresses;  ///< Of the host, as others see them. Empty: not known.
  std::vector<DkimKey> dkim;         ///< Keys whose records belong into DNS.
  std::string report_address;        ///< Of reports; empty: postmaster of the domain.
  std::optional<StsMode> mta_sts;    ///< Nothing: without MTA-STS.
};

/// Records that belong together.
struct Group {
  std::string title;                 ///< What they are for, a short sentence.
  std::vector<std::string> remarks;  ///< Sentences that a person should read before publishing.
  std::vector<Record> records;
};

/// A file to be served over HTTPS.
struct PolicyFile {
  std::string url;
  std::string text;
};

struct Plan {
  std::string domain;
  std::vector<Group> groups;
  std::vector<Group> elsewhere;    ///< Records of zones that are not the domain's own.
  std::vector<std::string> notes;  ///< What cannot be published as a record here.
  std::optional<PolicyFile> mta_sts_policy;
};

/// Works out the records. Nothing is asked; what is not known is left out with a note.
[[nodiscard]] Plan plan(const Request& request);

/// The SPF record of a domain whose mail all leaves from these addresses (RFC 7208 §5).
/// \param host  Named instead of addresses when there are none.
[[nodiscard]] std::string spf_text(const std::vector<IpAddress>& addresses,
                                   const std::string& host);

/// An id for a policy: the same for the same text, another for another (RFC 8461 §3.1).
/// \return 16 hexadecimal digits.
[[nodiscard]] std::string sts_id_of(std::string_view policy_text);

/// The DMARC record to begin with: nothing is refused, reports are wanted (RFC 9989 §4.7).
[[nodiscard]] std::string dmarc_text(const std::string& report_address);

}  // namespace postern::records
