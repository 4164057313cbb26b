// Parameters of the antispam check.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/config/setting.hpp"

namespace postern::antispam {

/// Scores by name.
struct ScoreList {
  std::map<std::string, double, std::less<>> scores;
};

struct Settings {
  bool enabled = false;
  std::string rules_directory;  ///< Of *.cf; empty: the first of rules_directories that is there.
  std::string site_directory;   ///< Of *.pre, read before the rules, and *.cf, read after them.
  double required_score = 0;    ///< 0: what the rules say.
  ScoreList recipient_scores;   ///< By lower-case address, or "@domain".
  ScoreList scores;             ///< By rule.
  bool network = true;          ///< Whether rules may ask DNS.
  std::uint32_t max_questions = 400;  ///< Of rules to DNS, about one message.
  config::DomainList allow_domains;
  config::DomainList deny_domains;
  bool add_headers = true;
  config::ByteSize max_size;
  std::chrono::milliseconds budget{};

  /// The score from which a message to this recipient is spam, or 0 if nothing is said of it.
  [[nodiscard]] double required_for(std::string_view recipient) const;
};

/// Where rules are looked for, the best first: those that `postern rules update` fetched, those of
/// sa-update, those of the package spamassassin.
inline constexpr std::string_view rules_directories[] = {
    "/var/lib/postern/rules/current", "/var/lib/spamassassin/4.000001", "/usr/share/spamassassin"};

/// Reads what a document says of them; an error names file and line.
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::antispam
