// "postern dns DOMAIN": every record that a mail domain needs, to be pasted into its zone.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/base/ascii.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/probe/system.hpp"
#include "lib/keyring/life_cycle.hpp"
#include "lib/parameters/parameters.hpp"
#include "lib/records/plan_json.hpp"
#include "lib/records/zone_fragment.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

struct DnsOptions {
  std::string domain;
  std::string host;
  std::vector<std::string> addresses;
  std::string keys;         // empty: as the configuration says
  std::string config_file;  // empty: that of the system, if there is one
  std::string report_address;
  std::string mta_sts = "testing";
  std::string zone_file;
  bool json = false;
};

template <typename T>
using Result = Expected<T, std::string>;

Result<std::string> read_domain(const std::string& text, const char* what) {
  const auto domain = io::to_ascii_domain(text);
  if (!domain || domain->find('.') == domain->npos) {
    return Unexpected<std::string>(std::string(what) + ": \"" + text +
                                   "\" is no domain name such as example.org");
  }
  return *domain;
}

std::optional<records::StsMode> mode_of(const std::string& word) {
  if (word == "testing") return records::StsMode::testing;
  if (word == "enforce") return records::StsMode::enforce;
  return std::nullopt;
}

// The addresses that DNS has for the host.
Result<std::vector<IpAddress>> ask_addresses(const DnsOptions& options,
                                             const config::Document& document,
                                             const std::string& host) {
  const auto configuration = parameters::load(document, host);
  if (!configuration) return Unexpected<std::string>(configuration.error().text());
  const checks::GeneralSettings& settings = (*configuration)->general;
  auto resolver = make_resolver(options.zone_file, settings);
  if (!resolver) return Unexpected<std::string>(resolver.error());
  std::vector<IpAddress> found;
  resolve(**resolver, settings, [&](const dns::Answers& answers) {
    dns::Lookups lookups(answers);
    found.clear();
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
      const dns::Answer* answer = lookups.find(host, type);
      if (answer == nullptr) continue;
      found.insert(found.end(), answer->addresses.begin(), answer->addresses.end());
    }
    return lookups.missing();
  });
  return found;
}

Result<std::vector<IpAddress>> read_addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) {
    const auto address = parse_ip_address(text);
    if (!address) {
      return Unexpected<std::string>("--ip: \"" + text + "\" is no IP address");
    }
    addresses.push_back(address->unmapped());
  }
  return addresses;
}

// Those given, else those in DNS, else those of the interfaces. \param remark  Says which.
Result<std::vector<IpAddress>> find_addresses(const DnsOptions& options,
                                              const config::Document& document,
                                              const std::string& host, std::string& remark) {
  if (!options.addresses.empty()) return read_addresses(options.addresses);
  auto found = ask_addresses(options, document, host);
  if (!found) return found;
  if (!found->empty()) {
    remark = "The addresses are those that DNS has for " + host + " now; others: --ip ADDRESS";
    return found;
  }
  auto own = io::global_interface_addresses();
  if (!own.empty()) {
    remark = "DNS has no address for " + host +
             "; these are the ones of this computer. Others: --ip "
             "ADDRESS";
  }
  return own;
}

records::DkimKey to_record(const keyring::Key& key) {
  using State = records::DkimKey::State;
  records::DkimKey made{key.selector, key.wanted_record(), State::active, ""};
  if (key.state == keyring::State::pending) made.state = State::pending;
  if (key.state == keyring::State::retired) {
    const std::chrono::seconds kept = keyring::default_retire_after;
    made.state = State::retired;
    made.keep_until = keyring::format_date(key.retired.value_or(0) + kept.count());
  }
  return made;
}

// Those whose records belong into DNS; a revoked one needs nothing new.
Result<std::vector<records::DkimKey>> read_keys(const DnsOptions& options,
                                                const config::Document& document,
                                                const std::string& domain) {
  const auto directory = find_key_directory(options.keys, document);
  if (!directory) return Unexpected<std::string>(directory.error());
  const auto index = io::KeyDirectory(*directory).load_index();
  if (!index) return Unexpected<std::string>(index.error());
  std::vector<records::DkimKey> keys;
  for (const keyring::Key& key : index->of_domain(domain)) {
    if (key.state != keyring::State::revoked) keys.push_back(to_record(key));
  }
  return keys;
}

Result<void> check_report_address(const std::string& address) {
  const std::size_t at = address.rfind('@');
  // What would need escapes in a URI is refused, since few readers of records undo them.
  const auto is_plain = [](char c) {
    return ascii::is_alnum(c) || std::string_view(".-_+@").find(c) != std::string_view::npos;
  };
  const bool fine = at != address.npos && at > 0 && address.find('@') == at &&
                    std::all_of(address.begin(), address.end(), is_plain) &&
                    io::to_ascii_domain(address.substr(at + 1));
  if (fine) return {};
  return Unexpected<std::string>("--report-address: \"" + address +
                                 "\" is no address such as reports@example.org");
}

Result<records::Request> make_request(const DnsOptions& options, const config::Document& document,
                                      std::string& remark) {
  records::Request request;
  const auto domain = read_domain(options.domain, "DOMAIN");
  if (!domain) return Unexpected<std::string>(domain.error());
  request.domain = *domain;
  const std::string host = options.host.empty() ? io::host_name() : options.host;
  const auto name = read_domain(host, options.host.empty() ? "host name (use --host)" : "--host");
  if (!name) return Unexpected<std::string>(name.error());
  request.host = *name;
  if (!options.report_address.empty()) {
    const auto fine = check_report_address(options.report_address);
    if (!fine) return Unexpected<std::string>(fine.error());
  }
  request.report_address = options.report_address;
  auto addresses = find_addresses(options, document, request.host, remark);
  if (!addresses) return Unexpected<std::string>(addresses.error());
  request.addresses = std::move(*addresses);
  auto keys = read_keys(options, document, request.domain);
  if (!keys) return Unexpected<std::string>(keys.error());
  request.dkim = std::move(*keys);
  request.mta_sts = mode_of(options.mta_sts);
  return request;
}

int run(const DnsOptions& options) {
  std::string remark;
  const auto document = load_document(options.config_file);
  if (!document) return fail(document.error());
  const auto request = make_request(options, *document, remark);
  if (!request) return fail(request.error());
  records::Plan plan = records::plan(*request);
  if (!remark.empty()) plan.notes.insert(plan.notes.begin(), remark);
  plan.notes.push_back("Configuration: " + io::describe_config(options.config_file));
  const std::string text =
      options.json ? report::dump(records::to_json(plan)) + "\n" : records::format_zone(plan);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

void add_dns_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DnsOptions>();
  auto* command = app.add_subcommand("dns", "Print every DNS record that a mail domain needs");
  command->add_option("domain", options->domain, "The domain behind the @")->required();
  command->add_option("--host", options->host, "Name of the mail host; without it, this host's");
  command->add_option("--ip", options->addresses, "Address of the mail host; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--keys", options->keys,
                      "Key directory, instead of signing.keys of the configuration or "
                      "/var/lib/postern/dkim");
  command->add_option("--config", options->config_file, io::config_option_help);
  command->add_option("--report-address", options->report_address,
                      "Who gets reports; without it, postmaster of the domain");
  command->add_option("--mta-sts", options->mta_sts, "Mode of MTA-STS; none leaves it out")
      ->check(CLI::IsMember({"testing", "enforce", "none"}))
      ->capture_default_str();
  command->add_option("--zone", options->zone_file, "JSON file that answers instead of DNS");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace postern::cli
