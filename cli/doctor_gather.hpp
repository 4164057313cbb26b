// Gathers what "postern doctor" judges: from files, programs, sockets, and the network.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/doctor_options.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/doctor/facts.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::cli {

/// What was observed, and with what DNS is asked.
struct Observation {
  doctor::Facts facts;
  std::shared_ptr<const checks::Configuration> configuration;  ///< Defaults where ours is broken.
  std::string signatures;                                      ///< scanner.database
  std::unique_ptr<io::Resolver> resolver;
};

/// Looks at everything that the checks need; slow probes run side by side.
/// \param names  Of the checks that will run.
/// \return An error fit to be shown, about the options alone.
[[nodiscard]] Expected<Observation, std::string> observe(const DoctorOptions& options,
                                                         const std::vector<std::string>& names);

}  // namespace postern::cli
