// Whether this host can run mail with Postern at all, before anything is changed.
#pragma once

#include <string>

#include "cli/setup_options.hpp"

namespace postern::cli {

struct Preflight {
  bool is_passed = false;
  std::string report;       ///< Lines for a person.
  std::string mail_domain;  ///< Of --address, or Postfix's mydomain.
  std::string mail_host;    ///< myhostname of Postfix.
};

/// Port 25, names, DNS lists, resolver, clock, and disk by the doctor's checks, and memory.
[[nodiscard]] Expected<Preflight, std::string> run_preflight(const SetupOptions& options);

/// Octets of memory without which the official signatures are not loaded.
inline constexpr std::uint64_t antivirus_memory = 1500ULL * 1024 * 1024;

}  // namespace postern::cli
