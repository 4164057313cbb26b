// "postern check spf" and "postern check dmarc": one evaluation without a message.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/check_options.hpp"
#include "cli/check_support.hpp"
#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "lib/dns/name.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

Expected<std::string, std::string> read_domain(const std::string& text, const char* option) {
  const auto domain = io::to_ascii_domain(text);
  if (!domain)
    return Unexpected<std::string>(std::string(option) + ": \"" + text + "\" is no domain name");
  return *domain;
}

}  // namespace

int check_spf(const CheckOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  spf::Request request;
  request.client_ip = surroundings->client_ip;
  request.helo = options.helo;
  request.rfc5321_mail_from = sender_of(options);
  request.receiver = surroundings->configuration->general.authserv_id;
  request.now = surroundings->now;
  request.explain = true;
  const auto check = [&](spf::Scope scope) {
    request.scope = scope;
    return resolve_to<spf::Outcome>(
        *surroundings->resolver, surroundings->configuration->general,
        [&](const dns::Answers& answers) { return spf::check_host(request, answers); });
  };
  const spf::Outcome mail_from = check(spf::Scope::mfrom);
  const spf::Outcome helo = check(spf::Scope::helo);
  if (options.json) {
    const nlohmann::ordered_json json = {{"spf", report::to_json(mail_from)},
                                         {"spf_helo", report::to_json(helo)},
                                         {"configuration", surroundings->config_source}};
    std::printf("%s\n", report::dump(json).c_str());
    return 0;
  }
  print_spf("MAIL FROM", mail_from);
  print_spf("HELO", helo);
  std::printf("%-10s %u for MAIL FROM, %u for HELO\n", "questions", mail_from.dns_queries,
              helo.dns_queries);
  print_config(*surroundings);
  return 0;
}

int check_dmarc(const CheckOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  dmarc::Request request;
  const auto author = read_domain(options.author_domain, "--author-domain");
  if (!author) return fail(author.error());
  request.author_domains = {*author};
  if (!options.spf_domain.empty()) {
    const auto domain = read_domain(options.spf_domain, "--spf-pass");
    if (!domain) return fail(domain.error());
    request.spf_domain = *domain;
  }
  for (const std::string& text : options.dkim_domains) {
    const auto domain = read_domain(text, "--dkim-pass");
    if (!domain) return fail(domain.error());
    request.dkim_domains.push_back(*domain);
  }
  const auto outcome = resolve_to<dmarc::Outcome>(
      *surroundings->resolver, surroundings->configuration->general,
      [&](const dns::Answers& answers) { return dmarc::evaluate(request, answers); });
  if (options.json) {
    const nlohmann::ordered_json json = {{"dmarc", report::to_json(outcome)},
                                         {"configuration", surroundings->config_source}};
    std::printf("%s\n", report::dump(json).c_str());
    return 0;
  }
  print_dmarc(outcome);
  print_config(*surroundings);
  return 0;
}

}  // namespace postern::cli
