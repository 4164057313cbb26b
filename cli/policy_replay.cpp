// "postern policy replay": the rules over the requests of a log, with a store that begins empty.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "cli/policy_command.hpp"
#include "cli/policy_trial.hpp"
#include "cli/store_access.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/policy/action.hpp"
#include "lib/policy/replay.hpp"

namespace postern::cli {
namespace {

struct Count {
  std::size_t requests = 0;
  std::map<std::string, std::size_t> by_rule;  // "RULE: VERB"
};

void print_request(const policy::LoggedRequest& logged, const policy::Decision& decision) {
  const policy::Request& request = logged.request;
  std::printf("%s  %s  client=%s from=<%s> to=<%s>%s%s\n    %s: %s\n",
              format_time(logged.time).c_str(), decision.wanted.c_str(),
              request.client_address ? request.client_address->text().c_str() : "unknown",
              policy::shown(request.rfc5321_mail_from).c_str(),
              policy::shown(request.recipient).c_str(),
              logged.action.empty() ? "" : " then: ", policy::shown(logged.action).c_str(),
              decision.rule.empty() ? "none" : decision.rule.c_str(), decision.why.c_str());
}

int current_year() {
  const std::string date = format_time(io::wall_clock());
  return std::stoi(date.substr(0, 4));
}

void replay(std::istream& log, PolicyTrial& trial, const PolicyOptions& options, Count& count) {
  policy::LogReader reader(current_year());
  std::string line;
  while (std::getline(log, line)) {
    const auto logged = reader.read(line);
    if (!logged) continue;
    const policy::Decision decision = trial.run(logged->request, logged->time).decision;
    ++count.requests;
    const std::string verb = decision.wanted.substr(0, decision.wanted.find(' '));
    ++count.by_rule[(decision.rule.empty() ? "none" : decision.rule) + ": " + verb];
    if (options.all || verb != "DUNNO") print_request(*logged, decision);
  }
}

}  // namespace

int replay_log(const PolicyOptions& options) {
  const auto site = read_site(options.config_file);
  if (!site) return fail(site.error());
  const auto resolver = make_resolver(options.zone_file, (*site)->general);
  if (!resolver) return fail(resolver.error());
  PolicyTrial trial(**site, **resolver);
  Count count;
  if (options.log_file == "-") {
    replay(std::cin, trial, options, count);
  } else {
    std::ifstream log(options.log_file);
    if (!log) return fail(options.log_file + ": cannot be read");
    replay(log, trial, options, count);
  }
  if (count.requests == 0) {
    return fail(
        options.log_file +
        ": holds no requests: neither lines with event=policy nor lines of Postfix's smtpd");
  }
  std::printf("\n%zu requests\n", count.requests);
  for (const auto& [rule, number] : count.by_rule) {
    std::printf("%8zu  %s\n", number, rule.c_str());
  }
  return 0;
}

}  // namespace postern::cli
