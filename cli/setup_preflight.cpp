#include "cli/setup_preflight.hpp"

#include <algorithm>

#include "cli/doctor_gather.hpp"
#include "cli/evaluation.hpp"
#include "lib/doctor/check.hpp"
#include "lib/doctor/report.hpp"
#include "lib/io/memory/host_memory.hpp"

namespace postern::cli {
namespace {

using Names = std::vector<std::string>;

constexpr std::uint64_t least_memory = 64ULL * 1024 * 1024;  // milter and policy daemon together

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

DoctorOptions doctor_options(const SetupOptions& options) {
  DoctorOptions asked;
  asked.config_file = options.places.config_file;
  asked.postfix_directory = options.places.postfix_directory;
  asked.dovecot_file = options.places.dovecot_file;
  asked.zone_file = options.zone_file;
  asked.offline = options.offline;
  const std::size_t at = options.address.rfind('@');
  if (at != std::string::npos) asked.domains = {options.address.substr(at + 1)};
  return asked;
}

doctor::Finding judge_memory() {
  doctor::Finding finding{"memory", "memory", doctor::Severity::ok, "", "", ""};
  const auto available = io::available_memory();
  if (!available) {
    finding.severity = doctor::Severity::skipped;
    finding.text = "the system does not say how much is left";
    return finding;
  }
  const std::string amount = std::to_string(*available / 1024 / 1024) + " MiB can be had";
  finding.text = *available >= antivirus_memory ? amount + ", enough to scan for viruses"
                                                : amount + ", too little to scan for viruses";
  if (*available < least_memory) {
    finding.severity = doctor::Severity::error;
    finding.text = amount + ", and the daemons need 64";
    finding.remedy = "give the host more memory, or stop what it does not need";
  }
  return finding;
}

// A host that sends through another needs no port 25, no name, and no good reputation of its own.
Names checks_for(const Observation& seen) {
  Names names = {"clock", "resolver", "disk", "config"};
  const bool sends_itself = !seen.facts.postfix || seen.facts.postfix->value("relayhost").empty();
  if (sends_itself) names.insert(names.end(), {"host", "reverse", "port25", "dns-lists"});
  return names;
}

}  // namespace

Expected<Preflight, std::string> run_preflight(const SetupOptions& options) {
  for (const std::string& name : options.ignored) {
    if (name == "memory" || doctor::is_check(name)) continue;
    return Unexpected<std::string>("--ignore: there is no check \"" + name + "\"");
  }
  const DoctorOptions asked = doctor_options(options);
  Names all = {"clock", "resolver", "disk", "config", "host", "reverse", "port25", "dns-lists"};
  const auto seen = observe(asked, all);
  if (!seen) return Unexpected<std::string>(seen.error());
  const Names names = checks_for(*seen);
  auto findings = resolve_to<doctor::Findings>(
      *seen->resolver, seen->configuration->general,
      [&](const dns::Answers& answers) { return doctor::examine(seen->facts, answers, names); });
  findings.push_back(judge_memory());

  Preflight result;
  result.is_passed = true;
  for (const doctor::Finding& finding : findings) {
    const bool counts = !contains(options.ignored, finding.check);
    if (finding.severity == doctor::Severity::error && counts) result.is_passed = false;
  }
  result.report = doctor::format_text(findings);
  result.mail_host = seen->facts.host;
  if (!seen->facts.domains.empty()) result.mail_domain = seen->facts.domains.front().domain;
  return result;
}

}  // namespace postern::cli
