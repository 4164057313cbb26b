// What we remember of those who send to us: good and bad mail of addresses, networks, and domains.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::reputation {

/// Of whom something is remembered.
enum class SubjectKind {
  address,  ///< The client.
  network,  ///< Its /24 or /48.
  helo,     ///< Its HELO name within its network, so that nobody else can spoil or borrow it.
  domain    ///< A domain that SPF or DKIM has proved.
};

struct Subject {
  SubjectKind kind = SubjectKind::address;
  std::string value;  ///< "192.0.2.1", "192.0.2.0/24", "mail.example.org@192.0.2.0/24",
                      ///< "example.org".

  bool operator==(const Subject&) const = default;
};

/// "address", "network", "helo", "domain".
[[nodiscard]] std::string_view to_word(SubjectKind kind);

/// All subjects of one client.
/// \param helo    As the peer gives it; passed over when it is no domain name.
/// \param domain  Only one that SPF or DKIM has proved; empty: none.
[[nodiscard]] std::vector<Subject> subjects_of(const IpAddress& client, std::string_view helo,
                                               std::string_view domain);

/// Subjects that an operator means by "192.0.2.1", "2001:db8::/48", or "example.org"; a name stands
/// for a domain. Empty when it is neither address, network, nor name. What is said of a HELO is
/// found by a scan of helo_prefix().
[[nodiscard]] std::vector<Subject> subjects_named(std::string_view text);

struct Settings {
  std::chrono::milliseconds half_life = std::chrono::hours(14 * 24);
  /// Weight of events at which half of what they say is believed.
  double believed = 5;
};

/// How long sums are kept without news.
[[nodiscard]] std::chrono::milliseconds lifetime(const Settings& settings);

/// Where a subject is kept: "r/" and what it is.
[[nodiscard]] std::string key_of(const Subject& subject);
/// The beginning of the keys of a HELO name in all networks.
[[nodiscard]] std::string helo_prefix(std::string_view helo);
/// The subject of a key, or nothing for another key.
[[nodiscard]] std::optional<Subject> subject_of_key(std::string_view key);

/// Reads the sums of subjects: one Accumulate without deltas each, in their order.
[[nodiscard]] std::vector<store::Operation> lookups(std::span<const Subject> subjects,
                                                    const Settings& settings = {});

/// What is remembered of one subject, decayed until now.
struct Evidence {
  Subject subject;
  double good = 0;
  double bad = 0;
};

/// The evidence in an answer of the store; sums of any other form are none, negative ones 0.
[[nodiscard]] Evidence evidence_of(const Subject& subject, const store::Result& result);

/// What to think of a client.
struct Standing {
  double value = 0;         ///< -1 (only bad) to 1 (only good); 0 when nothing is known.
  double confidence = 0;    ///< 0 (nothing is known) to 1. |value| is never above it.
  std::string explanation;  ///< One line for logs and operators, such as "address 192.0.2.1: good
                            ///< 3.0, bad 12.5; …".
};

/// Subjects that say the same make it surer; among those that differ the surer and more specific
/// one weighs more: address and domain 1, network 1/2, HELO 1/4.
[[nodiscard]] Standing standing(std::span<const Evidence> evidence, const Settings& settings = {});

/// The same in one step, for evaluations.
/// \return Nothing while a sum is missing, which `wants` has noted then.
[[nodiscard]] std::optional<Standing> evaluate(std::span<const Subject> subjects,
                                               store::Wants& wants, const Settings& settings = {});

/// Several lines for `postern reputation show`: each subject, its sums, what they come to, and how
/// the standing follows from them.
[[nodiscard]] std::string explain(std::span<const Evidence> evidence,
                                  const Settings& settings = {});

}  // namespace postern::reputation
