// "postern doctor": is everything right that mail from and to this host depends on?
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/doctor_gather.hpp"
#include "cli/doctor_live.hpp"
#include "cli/doctor_options.hpp"
#include "cli/evaluation.hpp"
#include "lib/doctor/changes.hpp"
#include "lib/doctor/check.hpp"
#include "lib/doctor/report.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/system.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using doctor::Findings;
using Names = std::vector<std::string>;

constexpr int could_not_run = 3;  // apart from 1 and 2, which say what was found

int refuse(const std::string& problem) {
  fail(problem);
  return could_not_run;
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

int list_checks(bool json) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const doctor::Check& check : doctor::table()) {
    if (json) {
      list.push_back({{"name", check.name}, {"doc", check.doc}});
    } else {
      std::printf("%-12s %s\n", std::string(check.name).c_str(), std::string(check.doc).c_str());
    }
  }
  if (json) std::printf("%s\n", report::dump(list).c_str());
  return 0;
}

// The checks to run, in the order of the table.
Expected<Names, std::string> choose_checks(const DoctorOptions& options) {
  for (const Names* names : {&options.only, &options.skip}) {
    for (const std::string& name : *names) {
      if (doctor::is_check(name)) continue;
      return Unexpected<std::string>("doctor: there is no check \"" + name +
                                     "\"; see postern doctor --list");
    }
  }
  Names chosen;
  for (const doctor::Check& check : doctor::table()) {
    const bool wanted = options.only.empty() || contains(options.only, check.name);
    if (wanted && !contains(options.skip, check.name)) chosen.emplace_back(check.name);
  }
  if (chosen.empty()) return Unexpected<std::string>("doctor: no check is left to run");
  return chosen;
}

// The questions of a run with many domains are more than those of a message.
checks::GeneralSettings patient(const checks::GeneralSettings& settings,
                                const DoctorOptions& options) {
  constexpr std::uint32_t many_questions = 20'000;
  checks::GeneralSettings changed = settings;
  changed.dns_timeout = options.timeout();
  changed.dns_budget = 4 * options.timeout();
  changed.max_questions = many_questions;
  return changed;
}

Findings examine(const DoctorOptions& options, const Names& names, const Observation& seen) {
  return resolve_to<Findings>(
      *seen.resolver, patient(seen.configuration->general, options),
      [&](const dns::Answers& answers) { return doctor::examine(seen.facts, answers, names); });
}

// Reduces the findings to what is new, and keeps them for the next run.
Expected<Findings, std::string> only_changes(const DoctorOptions& options, const Names& names,
                                             const Findings& findings) {
  Findings before;
  const auto text = io::read_file(options.state_file, doctor::max_state_size);
  if (text) {
    auto parsed = doctor::parse_state(*text);
    if (parsed) {
      before = std::move(*parsed);
    } else {
      std::fprintf(stderr, "postern: %s: %s; everything counts as new\n",
                   options.state_file.c_str(), parsed.error().c_str());
    }
  }
  const std::string problem = io::replace_file(
      options.state_file, doctor::format_state(doctor::kept(before, findings, names)));
  if (!problem.empty()) return Unexpected<std::string>(problem);
  return doctor::changes(before, findings, names);
}

int run(const DoctorOptions& options) {
  if (options.list) return list_checks(options.json);
  std::signal(SIGPIPE, SIG_IGN);  // a web server may close while we write
  auto names = choose_checks(options);
  if (!names) return refuse(names.error());
  const auto seen = observe(options, *names);
  if (!seen) return refuse(seen.error());
  Findings findings = examine(options, *names, *seen);
  if (options.live) {
    const auto live = run_live(options, *seen);
    if (!live) return refuse(live.error());
    findings.insert(findings.end(), live->begin(), live->end());
    names->emplace_back("live");
  }
  if (options.changes) {
    auto changed = only_changes(options, *names, findings);
    if (!changed) return refuse(changed.error());
    findings = std::move(*changed);
  }
  const bool is_silent = options.changes && findings.empty() && !options.json;
  if (!is_silent) {
    const std::string text = options.json ? report::dump(doctor::to_json(findings)) + "\n"
                                          : doctor::format_text(findings);
    std::fputs(text.c_str(), stdout);
  }
  return doctor::exit_status(doctor::worst(findings));
}

void add_live_options(CLI::App& command, DoctorOptions& options) {
  command.add_flag("--live", options.live,
                   "Send probes through the real chain, to the address --to");
  command.add_option("--to", options.recipient, "Local address that gets the probes");
  command.add_option("--smtp", options.smtp, "SMTP server of this host, ADDRESS:PORT")
      ->capture_default_str();
  command.add_option("--live-source", options.live_source,
                     "Address from which the forged probe is sent; one that is not trusted");
  command.add_option("--maildir", options.maildir, "Maildir of --to, to see what arrived");
  command.add_option("--imap", options.imap, "IMAP server of this host, ADDRESS:PORT, instead");
  command.add_option("--imap-user", options.imap_user, "Its user; without it, --to");
  command.add_option("--imap-password-file", options.imap_password_file, "File with the password");
}

void add_place_options(CLI::App& command, DoctorOptions& options) {
  command.add_option("--config", options.config_file, io::config_option_help);
  command.add_option("--postfix-config", options.postfix_directory,
                     "Directory of main.cf; without it, the system's own");
  command.add_option("--dovecot-config", options.dovecot_file,
                     "Configuration file of Dovecot; without it, the system's own");
  command.add_option("--keys", options.keys, "Directory of the DKIM keys");
  command.add_option("--zone", options.zone_file, "JSON file that answers instead of DNS");
  command.add_option("--state", options.state_file, "File in which --changes keeps the last run")
      ->capture_default_str();
  command.add_option("--time", options.time, "Clock in seconds since the epoch, instead of now");
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DoctorOptions>();
  auto* command = app.add_subcommand(
      "doctor", "Check this host and its domains: DNS, Postfix, keys, certificates, and more");
  command->add_option("domains", options->domains,
                      "Domains; without any, those that have DKIM keys");
  command
      ->add_option("--ip", options->addresses,
                   "Address from which this host sends; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--only", options->only, "Run this check alone; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--skip", options->skip, "Leave this check out; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--port25-host", options->port25_hosts,
                   "Mail server to try on port 25; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--timeout", options->timeout_seconds, "Seconds that one probe may take")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  command->add_flag("--offline", options->offline, "Ask nobody but DNS");
  command->add_flag("--changes", options->changes,
                    "Print only what changed since the last such run");
  command->add_flag("--list", options->list, "Print the checks there are");
  command->add_flag("--json", options->json, "Print JSON");
  add_place_options(*command, *options);
  add_live_options(*command, *options);
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace postern::cli
