// Parameters of outbound mail: what is signed, how, and whose addresses a login may show.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/dkim/signing_policy.hpp"

namespace postern::signing {

/// What may come to a domain on the way: whether a mailing list may add its own List-* fields to a
/// signed message (dkim::mailing_list_signing_policy).
enum class ListFields { protect, allow };

/// How the mail of one author domain is signed.
struct DomainSettings {
  bool enabled = true;
  std::chrono::milliseconds expire{};  ///< From t= to x=; 0: no x=.
  ListFields list_fields = ListFields::protect;
  std::vector<std::string> signed_names;      ///< Besides those that are always signed.
  std::vector<std::string> oversigned_names;  ///< Likewise.
};

struct Settings {
  DomainSettings all;  ///< Of domains that have no table of their own.
  std::map<std::string, DomainSettings, std::less<>>
      domains;       ///< By name in the form of dns::parse_domain.
  std::string keys;  ///< The key directory.
  bool parent_domains = false;
  std::uint32_t line_limit = 0;  ///< Octets after which the MTA breaks a line; 0: never.
  std::string arc_domain;        ///< Whose keys seal; empty: nobody's.

  /// With parent_domains, the table of the nearest domain above that has one.
  /// \param author_domain  In the form of dns::parse_domain.
  [[nodiscard]] const DomainSettings& of(const std::string& author_domain) const;
};

[[nodiscard]] dkim::SigningPolicy make_policy(const DomainSettings& settings);

/// Reads the sections [signing] and [signing.domain."NAME"].
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::signing

namespace postern::config {

template <>
struct ValueType<signing::ListFields> {
  static constexpr std::string_view name = "protect or allow";
  static Expected<signing::ListFields, std::string_view> read(const Value& value) {
    using signing::ListFields;
    return read_word<ListFields>(value,
                                 {{"protect", ListFields::protect}, {"allow", ListFields::allow}},
                                 "expected \"protect\" or \"allow\"");
  }
};

}  // namespace postern::config
