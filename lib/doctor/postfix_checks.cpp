// Checks of Postfix: the milters and policy servers it uses, and settings that decide about safety.
#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"
#include "lib/doctor/check.hpp"
#include "lib/doctor/milter_checks.hpp"
#include "lib/doctor/resolv_conf.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

void judge_sockets(Context& context, const Observed<std::vector<SocketFact>>& sockets,
                   const std::string& start) {
  if (!sockets) {
    context.skipped("sockets", sockets.error());
    return;
  }
  for (const SocketFact& socket : *sockets) {
    const std::string where =
        socket.where.empty() || socket.where == socket.name ? "" : " at " + socket.where;
    if (socket.problem.empty()) {
      context.ok(socket.name, "answers" + where + " (" + socket.used_by + ")");
    } else {
      context.error(socket.name, "does not answer" + where + ": " + socket.problem, start);
    }
  }
}

void judge_bare_newline(Context& context, const PostfixConfig& postfix) {
  const std::string name = "smtpd_forbid_bare_newline";
  const auto value = postfix.find(name);
  if (!value) {
    context.warning(name, "this Postfix is too old for it: mail can be smuggled past every check",
                    "apt-get install --only-upgrade postfix");
  } else if (*value == "no") {
    context.warning(name, "is no: mail can be smuggled past every check",
                    set_parameter(name, "normalize"));
  } else {
    context.ok(name, "is " + *value);
  }
}

void judge_bounces(Context& context, const PostfixConfig& postfix) {
  const std::string name = "internal_mail_filter_classes";
  const std::vector<std::string> classes = split_list(postfix.value(name));
  if (std::find(classes.begin(), classes.end(), "bounce") != classes.end()) {
    context.ok(name, "has bounce: bounces are signed");
  } else {
    context.info(name, "lacks bounce: bounces are not signed", set_parameter(name, "bounce"));
  }
}

// Digits only; 0 for none, which Postfix reads as "no limit".
std::uint64_t number_of(const std::string& digits) {
  std::uint64_t number = 0;
  constexpr std::size_t max_digits = 18;
  for (const char c : std::string_view(digits).substr(0, max_digits)) {
    if (!ascii::is_digit(c)) return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

void judge_size(Context& context, const PostfixConfig& postfix) {
  const std::string name = "message_size_limit";
  const auto& config = context.facts().config;
  if (!config) return;
  const std::uint64_t limit = number_of(postfix.value(name));
  const std::string ours = std::to_string(config->max_body_size);
  if (limit == 0) {
    context.warning(name, "is 0: one message can fill the disk", set_parameter(name, ours));
  } else if (limit > config->max_body_size) {
    context.info(name,
                 "is " + std::to_string(limit) + ", but checks read the first " + ours +
                     " bytes of a message",
                 "raise limits.body_size in postern.toml, or " + set_parameter(name, ours));
  } else {
    context.ok(name, "is " + std::to_string(limit) + ", which checks read whole");
  }
}

// A network of strangers that may relay.
Severity openness(const IpNetwork& network) {
  constexpr unsigned far_too_wide_v4 = 8;
  constexpr unsigned far_too_wide_v6 = 16;
  constexpr unsigned wide_v4 = 24;
  constexpr unsigned wide_v6 = 48;
  const bool v4 = network.address.is_v4();
  if (network.prefix < (v4 ? far_too_wide_v4 : far_too_wide_v6)) return Severity::error;
  if (is_global(network.address) && network.prefix < (v4 ? wide_v4 : wide_v6)) {
    return Severity::warning;
  }
  return Severity::ok;
}

std::optional<IpNetwork> network_of(std::string_view word) {
  std::string plain;
  for (const char c : word) {
    if (c != '[' && c != ']') plain += c;
  }
  const auto network = parse_ip_network(plain);
  return network ? std::optional(*network) : std::nullopt;
}

void judge_networks(Context& context, const PostfixConfig& postfix) {
  const std::string name = "mynetworks";
  bool any = false;
  for (const std::string& word : split_list(postfix.value(name))) {
    const auto network = network_of(word);
    if (!network) continue;  // a table, a file, or an exclusion
    const Severity severity = openness(*network);
    if (severity == Severity::ok) continue;
    any = true;
    context.add(severity, name, "has " + word + ": all of that network may send through this host",
                "postconf -e 'mynetworks=127.0.0.0/8 [::1]/128' && postfix reload");
  }
  if (!any) context.ok(name, "is open to no network of strangers");
}

// Services that take mail by SMTP without our milter, such as the way back from a content filter.
void judge_overrides(Context& context, const PostfixConfig& postfix) {
  for (const MasterEntry& service : postfix.services) {
    const auto given = service.overrides.find("smtpd_milters");
    if (service.command != "smtpd" || given == service.overrides.end()) continue;
    context.info(service.name + "/" + service.type,
                 given->second.empty() ? "takes mail without any milter (master.cf)"
                                       : "has milters of its own (master.cf)");
  }
}

}  // namespace

void check_milters(Context& context) {
  const auto& milters = context.facts().milters;
  judge_sockets(context, milters, "systemctl restart postern-milter; journalctl -u postern-milter");
  if (milters && milters->empty()) context.info("smtpd_milters", "Postfix uses no milter");
}

void check_policies(Context& context) {
  const auto& policies = context.facts().policies;
  judge_sockets(context, policies,
                "start that policy server, or take it out of the restrictions in main.cf");
  if (policies && policies->empty()) context.ok("Postfix", "uses no policy server");
}

void check_postfix(Context& context) {
  const auto& postfix = context.facts().postfix;
  if (!postfix) {
    context.skipped("Postfix", postfix.error());
    return;
  }
  judge_milters(context, *postfix);
  judge_overrides(context, *postfix);
  constexpr std::array judges = {judge_bare_newline, judge_bounces, judge_size, judge_networks};
  for (const auto judge : judges) judge(context, *postfix);
}

}  // namespace postern::doctor
