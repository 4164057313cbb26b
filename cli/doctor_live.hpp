// "postern doctor --live": sends probes through the real chain.
#pragma once

#include "cli/doctor_gather.hpp"
#include "cli/doctor_options.hpp"
#include "lib/doctor/finding.hpp"

namespace postern::cli {

/// Sends each probe and judges what became of it. \return An error about the options alone.
[[nodiscard]] Expected<doctor::Findings, std::string> run_live(const DoctorOptions& options,
                                                               const Observation& seen);

}  // namespace postern::cli
