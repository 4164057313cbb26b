// What the user of "postern setup", "leave", "enforce", and "observe" gave.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/transcript.hpp"

namespace postern::cli {

inline constexpr const char* usual_setup_directory = "/var/lib/postern/setup";

/// Where things are; the defaults are those of the system.
struct SetupPlaces {
  std::string config_file;        ///< Empty: that of the system.
  std::string postfix_directory;  ///< Likewise.
  std::string dovecot_file;       ///< Likewise.
  std::string setup_directory = usual_setup_directory;
  std::string log = usual_setup_log;
};

/// Adds the options for them to a command.
void add_setup_places(CLI::App& command, SetupPlaces& places);

struct SetupOptions {
  SetupPlaces places;
  std::string address;
  std::string smtp = "127.0.0.1:25";
  std::string zone_file;
  std::vector<std::string> without;  ///< milter, policy, dovecot, antivirus, keys.
  std::vector<std::string> ignored;  ///< Checks of the doctor, and memory.
  bool with_accounts = false;
  bool mta_sts = false;
  bool offline = false;
  bool yes = false;
  bool dry_run = false;
};

struct LeaveOptions {
  SetupPlaces places;
  bool only_dovecot = false;
  bool yes = false;
  bool purge = false;
};

struct SwitchOptions {
  SetupPlaces places;
  std::vector<std::string> names;
};

}  // namespace postern::cli
