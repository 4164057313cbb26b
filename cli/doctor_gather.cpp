#include "cli/doctor_gather.hpp"

#include <algorithm>
#include <future>

#include "cli/doctor_network.hpp"
#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antivirus/scanner_settings.hpp"
#include "lib/dns/name.hpp"
#include "lib/doctor/check.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/files/key_ring.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/io/probe/mail_servers.hpp"
#include "lib/io/probe/scanners.hpp"
#include "lib/io/probe/system.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {
namespace {

using doctor::Facts;
using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A name as DNS knows it; empty when it is none.
std::string to_domain(const std::string& text) {
  return io::to_ascii_domain(text).value_or("");
}

void load_own_config(const DoctorOptions& options, Observation& seen) {
  const auto document = load_document(options.config_file);
  std::string problem = document ? "" : document.error();
  auto configuration = parameters::load(document ? *document : config::Document(), io::host_name());
  if (!configuration) {
    if (problem.empty()) problem = configuration.error().text();
    configuration = parameters::load({}, "localhost");
  }
  seen.configuration = *configuration;
  const auto scanner = antivirus::load_scanner_settings(document ? *document : config::Document());
  if (scanner) seen.signatures = scanner->database;
  if (!problem.empty()) {
    seen.facts.config = doctor::not_observed<doctor::OwnConfig>(problem);
    return;
  }
  const checks::GeneralSettings& general = seen.configuration->general;
  doctor::OwnConfig own;
  const std::string file = io::find_config_file(options.config_file);
  own.file = file.empty() ? io::default_config_file : file;
  own.milter_socket = general.milter_socket;
  own.max_body_size = general.max_body_size.bytes;
  own.dns_servers = general.dns_servers;
  own.dnssec = general.dnssec;
  own.is_default = file.empty();
  const auto& subjects = disposition::subjects();
  own.enforces = std::any_of(subjects.begin(), subjects.end(), [&](const auto& subject) {
    return seen.configuration->disposition.enforcement.covers(subject.name);
  });
  own.dns_budget = general.dns_budget;
  const antivirus::Settings& scan = seen.configuration->antivirus;
  if (scan.enabled) own.scan_budget = scan.timeout;
  seen.facts.config = std::move(own);
}

void add_key_problems(const io::KeyDirectory& directory, Facts& facts) {
  std::vector<std::string> problems;
  const auto ring = io::KeyRing::load(directory);
  if (ring) {
    problems = (*ring)->problems();
  } else {
    problems = {ring.error()};
  }
  // Those that do not sign are no use to us, but would be to a thief.
  for (const keyring::Key& key : *facts.keys) {
    if (key.state != keyring::State::pending && key.state != keyring::State::retired) continue;
    const auto text = directory.load_key(key);
    if (!text) problems.push_back(text.error());
  }
  facts.key_problems = std::move(problems);
}

void load_keys(const DoctorOptions& options, Facts& facts) {
  // A configuration that cannot be read is a finding of its own.
  const auto document = load_document(options.config_file);
  const auto found = find_key_directory(options.keys, document ? *document : config::Document());
  const std::string path = found ? *found : io::default_key_directory;
  io::lock_key_memory();
  const io::KeyDirectory directory(path);
  const auto index = directory.load_index();
  if (!index) {
    facts.keys = doctor::not_observed<std::vector<keyring::Key>>(index.error());
    facts.key_problems = std::vector<std::string>{index.error()};
    return;
  }
  facts.keys = index->keys();
  add_key_problems(directory, facts);
}

// Postfix's own choice where it makes one, else what is asked for.
void choose_names(Facts& facts) {
  if (!facts.postfix) return;
  facts.host = to_domain(facts.postfix->value("myhostname"));
  facts.helo = to_domain(facts.postfix->value("smtp_helo_name"));
  if (facts.helo.empty()) facts.helo = facts.host;
}

Expected<void, std::string> choose_domains(const DoctorOptions& options, Facts& facts) {
  Names domains;
  for (const std::string& text : options.domains) {
    const std::string domain = to_domain(text);
    if (domain.empty()) return Unexpected<std::string>("\"" + text + "\" is no domain name");
    domains.push_back(domain);
  }
  if (domains.empty() && facts.keys) {
    for (const keyring::Key& key : *facts.keys) domains.push_back(key.domain);
  }
  if (domains.empty() && facts.postfix) {
    const std::string domain = to_domain(facts.postfix->value("mydomain"));
    if (domain.find('.') != domain.npos) domains.push_back(domain);
  }
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  for (const std::string& domain : domains) {
    facts.domains.emplace_back().domain = domain;
  }
  return {};
}

Expected<void, std::string> add_given_addresses(const DoctorOptions& options, Facts& facts) {
  for (const std::string& text : options.addresses) {
    const auto address = parse_ip_address(text);
    if (!address) return Unexpected<std::string>("--ip: \"" + text + "\" is no IP address");
    facts.addresses.push_back(address->unmapped());
  }
  facts.addresses_from = "--ip";
  return {};
}

// The first source that knows: the command line, Postfix, the interfaces. The last one, DNS, is for
// hosts behind address translation, and asked by the caller.
Expected<void, std::string> choose_addresses(const DoctorOptions& options, Facts& facts) {
  auto given = add_given_addresses(options, facts);
  if (!given || !facts.addresses.empty()) return given;
  if (facts.postfix) {
    for (const char* name : {"smtp_bind_address", "smtp_bind_address6"}) {
      const auto address = parse_ip_address(facts.postfix->value(name));
      if (address) facts.addresses.push_back(*address);
    }
    facts.addresses_from = "smtp_bind_address";
  }
  if (!facts.addresses.empty()) return {};
  facts.addresses = io::global_interface_addresses();
  facts.addresses_from = "network interfaces";
  if (facts.postfix && facts.postfix->value("inet_protocols") == "ipv4") {
    facts.addresses.erase(std::remove_if(facts.addresses.begin(), facts.addresses.end(),
                                         [](const IpAddress& ip) { return !ip.is_v4(); }),
                          facts.addresses.end());
  }
  return {};
}

void probe_sockets(const DoctorOptions& options, const Names& names, Facts& facts) {
  using Sockets = std::vector<doctor::SocketFact>;
  if (!facts.postfix) {
    facts.milters = facts.policies = doctor::not_observed<Sockets>(facts.postfix.error());
    return;
  }
  auto milters = std::async(std::launch::async, [&] {
    if (contains(names, "milter"))
      facts.milters = io::probe_milters(*facts.postfix, options.timeout());
  });
  if (contains(names, "policy")) {
    facts.policies = io::probe_policies(*facts.postfix, options.timeout());
  }
  milters.get();
}

void ask_scanners(const DoctorOptions& options, Observation& seen) {
  Facts& facts = seen.facts;
  const antivirus::Settings& settings = seen.configuration->antivirus;
  if (!facts.config || !settings.enabled) {
    facts.scanners = doctor::not_observed<std::vector<doctor::ScannerFact>>(
        facts.config ? "antivirus.enabled is false: nothing is scanned"
                     : "the configuration is not known");
    return;
  }
  facts.scanners = io::probe_scanners(settings.scanners, options.timeout());
  const bool is_ours = std::any_of(facts.scanners->begin(), facts.scanners->end(),
                                   [](const auto& scanner) { return scanner.is_avscan; });
  if (is_ours) facts.signatures_written = io::last_written(seen.signatures);
}

void look_at_rules(const DoctorOptions& options, Facts& facts) {
  const auto document = load_document(options.config_file);
  const auto settings = antispam::load_settings(document ? *document : config::Document());
  if (!settings || !settings->enabled) {
    facts.rules = doctor::not_observed<doctor::RulesFact>(
        settings ? "antispam.enabled is false: no rules run" : "the configuration is not known");
    return;
  }
  const std::string directory = io::rules_directory(*settings);
  facts.rules = doctor::RulesFact{directory, io::rules_written(directory)};
}

void read_certificates(const DoctorOptions& options, Facts& facts) {
  facts.dovecot = io::read_dovecot(options.dovecot_file, options.timeout());
  if (!facts.postfix && !facts.dovecot) {
    facts.certificates = doctor::not_observed<std::vector<doctor::CertificateFact>>(
        facts.postfix.error() + "; " + facts.dovecot.error());
    return;
  }
  facts.certificates = io::read_certificates(facts.postfix, facts.dovecot, facts.host,
                                             facts.unreadable_certificates);
}

void read_disks(const DoctorOptions& options, Facts& facts) {
  std::vector<doctor::DiskFact> disks;
  const auto add = [&](const std::string& directory, const char* used_for) {
    auto fact = io::read_disk(directory, used_for);
    if (fact) disks.push_back(std::move(*fact));
  };
  if (facts.postfix) add(facts.postfix->value("queue_directory"), "mail queue");
  const std::size_t slash = options.state_file.rfind('/');
  if (slash != std::string::npos && slash > 0)
    add(options.state_file.substr(0, slash), "state directory");
  facts.disks = std::move(disks);
}

}  // namespace

Expected<Observation, std::string> observe(const DoctorOptions& options, const Names& names) {
  Observation seen;
  Facts& facts = seen.facts;
  facts.now = options.time.value_or(io::seconds_since_epoch());
  facts.asks_dns_lists = !options.offline;
  load_own_config(options, seen);
  auto resolver = make_resolver(options.zone_file, seen.configuration->general);
  if (!resolver) return Unexpected<std::string>(resolver.error());
  seen.resolver = std::move(*resolver);
  facts.postfix = io::read_postfix(options.postfix_directory, options.timeout());
  load_keys(options, facts);
  choose_names(facts);
  const auto domains = choose_domains(options, facts);
  if (!domains) return Unexpected<std::string>(domains.error());
  const auto addresses = choose_addresses(options, facts);
  if (!addresses) return Unexpected<std::string>(addresses.error());
  auto sockets = std::async(std::launch::async, [&] { probe_sockets(options, names, facts); });
  auto network = std::async(std::launch::async, [&] { probe_network(options, names, seen); });
  if (contains(names, "scanner")) ask_scanners(options, seen);
  look_at_rules(options, facts);
  read_certificates(options, facts);
  read_disks(options, facts);
  facts.clock = io::read_clock();
  sockets.get();
  network.get();
  return seen;
}

}  // namespace postern::cli
