// Parameters of DNS lists: the sections [dnslist] and [dnslist.zone."NAME"].
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/dnslist/evaluate.hpp"
#include "lib/dnslist/list.hpp"

namespace postern::dnslist {

/// A part of a score, from -1000 to 1000: a number, or text such as "0.5".
struct Weight {
  double value = 0;
};

struct Settings {
  std::vector<List> lists;                     ///< In the order of their names.
  Weight suspicious_score;                     ///< From it on a client is suspicious.
  Weight reject_score;                         ///< From it on a client may be rejected.
  Weight zone_limit;                           ///< Bounds::zone.
  std::chrono::milliseconds probe_interval{};  ///< 0: lists are not probed.
  std::vector<IpNetwork> exempt_clients;       ///< Never told to a list.
  config::DomainList exempt_domains;           ///< Likewise.
};

/// Reads both sections. Errors: a zone that is no domain name, an unknown kind, a code that cannot
/// be read, too many lists.
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

/// The same as evaluate() of the lists, without what is exempt.
/// \param lists  Those of the settings that are on (HealthBook::active).
[[nodiscard]] dns::Evaluation<Score> evaluate(const Settings& settings, std::span<const List> lists,
                                              const IpAddress& client, std::string_view domain,
                                              const dns::Answers& answers);

}  // namespace postern::dnslist

namespace postern::config {

template <>
struct ValueType<dnslist::Weight> {
  static constexpr std::string_view name = "number, or text such as \"-0.5\"";
  static Expected<dnslist::Weight, std::string_view> read(const Value& value);
};

template <>
struct ValueType<dnslist::Kind> {
  static constexpr std::string_view name = "address or domain";
  static Expected<dnslist::Kind, std::string_view> read(const Value& value) {
    using dnslist::Kind;
    return read_word<Kind>(value, {{"address", Kind::address}, {"domain", Kind::domain}},
                           "expected \"address\" or \"domain\"");
  }
};

}  // namespace postern::config
