// "postern policy": what the rules would answer, to one request or to those of a log.
#include "cli/policy_command.hpp"

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "cli/policy_trial.hpp"
#include "cli/store_access.hpp"
#include "lib/config/document.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern::cli {
namespace {

// What a client that says no more about itself would be asked with.
policy::Request base_request() {
  policy::Request request;
  request.state = policy::State::rcpt;
  request.instance = "try";
  return request;
}

Expected<policy::Request, std::string> request_of(const std::vector<std::string>& attributes) {
  policy::Request request = base_request();
  for (const std::string& attribute : attributes) {
    const std::size_t equal = attribute.find('=');
    const auto number = policy::find_attribute(std::string_view(attribute).substr(0, equal));
    if (equal == attribute.npos || !number) {
      return Unexpected<std::string>(
          "\"" + attribute +
          "\" is no attribute of Postfix such as client_address=192.0.2.1 (see "
          "SMTPD_POLICY_README)");
    }
    policy::set_attribute(request, *number, std::string_view(attribute).substr(equal + 1));
  }
  if (!request.client_address && request.sasl_username.empty()) {
    return Unexpected<std::string>("give at least client_address=ADDRESS or sasl_username=LOGIN");
  }
  return request;
}

void print_outcome(const PolicyTrial::Outcome& outcome) {
  const policy::Decision& decision = outcome.decision;
  std::printf("action  %s\n", decision.action.c_str());
  if (decision.wanted != decision.action) {
    std::printf("wanted  %s (mode is observe)\n", decision.wanted.c_str());
  }
  std::printf("rule    %s\nwhy     %s\n", decision.rule.empty() ? "none" : decision.rule.c_str(),
              decision.why.c_str());
  for (const auto& [key, value] : decision.facts) {
    std::printf("        %s: %s\n", key.c_str(), value.c_str());
  }
  for (const std::string& failure : decision.failures) {
    std::printf("failed  %s\n", failure.c_str());
  }
  std::printf("\n%-20s  %-12s  %s\n", "RULE", "RESULT", "WHY");
  for (const policy::RuleTrace& trace : outcome.trace) {
    std::printf("%-20s  %-12s  %s\n", trace.rule.c_str(),
                std::string(to_word(trace.result)).c_str(), trace.why.c_str());
  }
}

Expected<std::vector<std::chrono::milliseconds>, std::string> delays_of(
    const std::vector<std::string>& texts) {
  std::vector<std::chrono::milliseconds> delays;
  for (const std::string& text : texts) {
    const auto delay = config::ValueType<std::chrono::milliseconds>::read(text);
    if (!delay) {
      return Unexpected<std::string>("--again " + text + ": " + std::string(delay.error()));
    }
    delays.push_back(*delay);
  }
  return delays;
}

int try_request(const PolicyOptions& options) {
  const auto request = request_of(options.attributes);
  if (!request) return fail(request.error());
  const auto delays = delays_of(options.again);
  if (!delays) return fail(delays.error());
  const auto site = read_site(options.config_file);
  if (!site) return fail(site.error());
  const auto resolver = make_resolver(options.zone_file, (*site)->general);
  if (!resolver) return fail(resolver.error());
  PolicyTrial trial(**site, **resolver);
  store::Time now = io::wall_clock();
  policy::Request again = *request;
  print_outcome(trial.run(again, now));
  for (std::size_t i = 0; i < delays->size(); ++i) {
    const std::chrono::milliseconds delay = (*delays)[i];
    now += delay;
    again.instance = "try." + std::to_string(i + 1);  // another message
    std::printf("\n== again, %s later\n\n", format_span(delay).c_str());
    print_outcome(trial.run(again, now));
  }
  return 0;
}

}  // namespace

void add_policy_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("policy", "See what the rules of the policy daemon answer");
  command->require_subcommand(1);
  const auto options = std::make_shared<PolicyOptions>();
  const auto add = [&](const char* name, const char* help, int (*run_it)(const PolicyOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    const auto file = add_config_option(*sub);
    sub->add_option("--zone", options->zone_file, "Take DNS from this JSON file");
    sub->callback([&action, file, options, run_it] {
      options->config_file = *file;
      action = [options, run_it] { return run_it(*options); };
    });
    return sub;
  };
  auto* try_command = add("try", "Say which rule decides about one request, and why", try_request);
  try_command
      ->add_option("ATTRIBUTE", options->attributes,
                   "NAME=VALUE as Postfix sends it; protocol_state is RCPT unless given")
      ->required();
  try_command->add_option("--again", options->again,
                          "Ask again after this time, such as 10m; may be given several times");
  auto* replay_command =
      add("replay", "Say what the rules would have answered to the requests of a log", replay_log);
  replay_command
      ->add_option("LOG", options->log_file,
                   "Log with lines of the policy daemon, or of Postfix; - for standard input")
      ->required();
  replay_command->add_flag("--all", options->all, "Print every request, not only those held up");
}

}  // namespace postern::cli
