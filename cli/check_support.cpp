#include "cli/check_support.hpp"

#include <cstdio>

#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {

Expected<Surroundings, std::string> prepare(const CheckOptions& options) {
  auto loaded = load_document(options.config_file);
  if (!loaded) return Unexpected<std::string>(loaded.error());
  config::Document document = std::move(*loaded);
  document["mode"] = {config::Value(options.mode), "--mode", 0};
  document.erase("enforce");
  auto configuration = parameters::load(document, io::host_name());
  if (!configuration) return Unexpected<std::string>(configuration.error().text());

  Surroundings surroundings;
  surroundings.config_source = io::describe_config(options.config_file);
  surroundings.configuration = std::move(*configuration);
  auto resolver = make_resolver(options.zone_file, surroundings.configuration->general);
  if (!resolver) return Unexpected<std::string>(resolver.error());
  surroundings.resolver = std::move(*resolver);
  if (!options.client_ip.empty()) {
    const auto ip = parse_ip_address(options.client_ip);
    if (!ip)
      return Unexpected<std::string>("--client-ip: \"" + options.client_ip + "\" is no IP address");
    surroundings.client_ip = ip->unmapped();
  }
  surroundings.now = options.time.value_or(io::seconds_since_epoch());
  return surroundings;
}

std::string sender_of(const CheckOptions& options) {
  return options.rfc5321_mail_from == "<>" ? "" : options.rfc5321_mail_from;
}

void print_config(const Surroundings& surroundings) {
  std::printf("config     %s\n", surroundings.config_source.c_str());
}

void print_spf(const char* identity, const spf::Outcome& outcome) {
  std::printf("%-10s %s", identity, std::string(to_token(outcome.result)).c_str());
  if (!outcome.domain.empty()) std::printf(" for %s", outcome.domain.c_str());
  if (!outcome.mechanism.empty()) std::printf(", by %s", outcome.mechanism.c_str());
  if (!outcome.problem.empty()) std::printf(": %s", outcome.problem.c_str());
  if (!outcome.explanation.empty()) std::printf(" (%s)", outcome.explanation.c_str());
  std::printf("\n");
}

void print_dmarc(const dmarc::Outcome& outcome) {
  std::printf("DMARC      %s", std::string(to_token(outcome.result)).c_str());
  if (!outcome.author_domain.empty()) std::printf(" for %s", outcome.author_domain.c_str());
  if (!outcome.policy_domain.empty()) {
    std::printf(", policy %s of %s", std::string(to_token(outcome.policy)).c_str(),
                outcome.policy_domain.c_str());
  }
  if (!outcome.reason.empty()) std::printf(": %s", outcome.reason.c_str());
  std::printf("\n");
}

}  // namespace postern::cli
