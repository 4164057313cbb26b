// What every "postern check" needs before it can evaluate anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/check_options.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::cli {

struct Surroundings {
  std::shared_ptr<const checks::Configuration> configuration;
  std::string config_source;  ///< Where it comes from, for people.
  std::unique_ptr<io::Resolver> resolver;
  IpAddress client_ip;
  std::int64_t now = 0;  ///< Seconds since the epoch.
};

/// Reads configuration, zone, and address. \return An error fit to be shown.
[[nodiscard]] Expected<Surroundings, std::string> prepare(const CheckOptions& options);

/// The address of MAIL FROM; empty for the null sender, which may also be written as "<>".
[[nodiscard]] std::string sender_of(const CheckOptions& options);

/// Which configuration was used, on one line.
void print_config(const Surroundings& surroundings);

/// One line each, for people.
/// \param identity  What was checked, such as "SPF HELO".
void print_spf(const char* identity, const spf::Outcome& outcome);
void print_dmarc(const dmarc::Outcome& outcome);

}  // namespace postern::cli
