// The configuration of the milter and its checks as one immutable value.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antispam/settings/spamd_settings.hpp"
#include "lib/antivirus/settings.hpp"
#include "lib/checks/check.hpp"
#include "lib/config/setting.hpp"
#include "lib/disposition/disposition.hpp"
#include "lib/reputation/settings.hpp"
#include "lib/signing/settings.hpp"

namespace postern::checks {

/// Parameters that are about no check in particular, or about a program around the checks.
struct GeneralSettings {
  std::string authserv_id;  ///< In the form of dns::parse_domain.
  std::vector<IpNetwork> local_networks;
  std::uint32_t max_header_fields = 0;
  config::ByteSize max_header_size;
  config::ByteSize max_body_size;
  std::uint32_t mime_depth = 0;
  std::uint32_t mime_parts = 0;
  std::uint32_t mime_boundary_size = 0;
  std::string milter_socket;
  disposition::FailMode milter_failure = disposition::FailMode::tempfail;
  std::chrono::milliseconds stop_timeout{};
  std::vector<std::string> dns_servers;
  bool dnssec = false;
  std::chrono::milliseconds dns_timeout{};
  std::chrono::milliseconds dns_budget{};
  std::uint32_t max_questions = 0;
  config::ByteSize dns_cache;
  std::vector<std::string> login_maps;   ///< Tables of Postfix; empty: those it is told to use.
  std::string postfix_config_directory;  ///< Of main.cf.
};

struct Configuration {
  GeneralSettings general;
  disposition::Settings disposition;
  signing::Settings signing;
  reputation::Configuration reputation;
  antivirus::Settings antivirus;
  antispam::Settings antispam;
  /// The rules that messages with this configuration are judged by; nullptr: nobody read any.
  std::shared_ptr<const antispam::FilterState> antispam_rules;
  antispam::SpamdSettings spamd;
  std::string learner_socket;  ///< Where the learner takes what a client of spamd teaches.
  config::ByteSize learner_max_message;             ///< Longer ones are cut for it.
  std::vector<std::shared_ptr<const void>> checks;  ///< Settings of each row of table().
};

/// Reads what a document says of them; parameters::load() checks all the rest as well. Every error
/// names file, line, and what would be right.
/// \param host_name  What an empty authserv_id stands for.
[[nodiscard]] Expected<std::shared_ptr<const Configuration>, config::ConfigError>
load_configuration(const config::Document& document, const std::string& host_name);

/// Their parameters.
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::checks
