#include "lib/doctor/milter_checks.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/doctor/server_lists.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

using Milters = std::vector<MilterEntry>;

constexpr std::array settings_in_braces = {"command_timeout", "connect_timeout", "content_timeout",
                                           "default_action", "protocol"};

// A list of milters, and where in it our socket stands.
struct List {
  std::string name;
  std::string value;
  Milters milters;
  std::vector<std::size_t> ours;
};

// The program of Postfix that talks to the milters of a list.
std::string_view program_of(std::string_view list) {
  return list == "non_smtpd_milters" ? "cleanup" : "smtpd";
}

List read_list(const PostfixConfig& postfix, const std::string& name, const Endpoint& ours) {
  List list{name, postfix.value(name), parse_milters(postfix.value(name)), {}};
  const bool chrooted = postfix.is_chrooted(program_of(name));
  for (std::size_t at = 0; at < list.milters.size(); ++at) {
    const auto endpoint = parse_postfix_endpoint(list.milters[at].server);
    if (!endpoint) continue;
    const Endpoint resolved = resolve_path(*endpoint, postfix.value("queue_directory"), chrooted);
    if (is_same_socket(resolved, ours)) list.ours.push_back(at);
  }
  return list;
}

// How Postfix names our socket. A path relative to the queue directory is right with and without
// a chroot, and the same for all of its programs.
std::string postfix_spelling(const PostfixConfig& postfix, Endpoint ours) {
  const std::string root = postfix.value("queue_directory") + "/";
  if (ours.kind == Endpoint::Kind::unix_path && ours.path.starts_with(root)) {
    ours.path = ours.path.substr(root.size());
  }
  if (ours.host.empty()) ours.host = "127.0.0.1";
  return ours.text();
}

// Whether the chroot of Postfix hides our socket, however it is named.
bool is_hidden(const PostfixConfig& postfix, const Endpoint& ours) {
  return ours.kind == Endpoint::Kind::unix_path && postfix.is_chrooted("smtpd") &&
         !ours.path.starts_with(postfix.value("queue_directory") + "/");
}

void judge_hidden(Context& context, const PostfixConfig& postfix, const Endpoint& ours) {
  context.error(
      "milter.socket",
      ours.path + " lies outside of " + postfix.value("queue_directory") +
          ", where Postfix is locked up (chroot): it cannot reach Postern",
      "set in postern.toml, section [milter]: socket = \"unix:" + postfix.value("queue_directory") +
          "/postern/milter.sock\"; restart postern-milter; then postern doctor again");
}

void judge_absent(Context& context, const List& list, const List& smtpd,
                  const std::string& spelling) {
  if (list.name == "smtpd_milters") {
    Milters wanted = list.milters;
    wanted.push_back({spelling, {}, {}});
    context.warning(list.name, "does not name Postern: mail is neither judged nor signed",
                    set_parameter(list.name, format(wanted)));
    return;
  }
  Milters wanted = list.milters;
  wanted.push_back(smtpd.ours.empty() ? MilterEntry{spelling, {}, {}}
                                      : smtpd.milters[smtpd.ours.front()]);
  // What was proposed for the other list holds for this one too.
  const bool is_plain = list.milters.empty() && (smtpd.ours.empty() || smtpd.milters.size() == 1);
  context.info(list.name, "does not name Postern: mail from programs on this host is not signed",
               set_parameter(list.name, is_plain ? "$smtpd_milters" : format(wanted)));
}

void judge_list(Context& context, const List& list, const List& smtpd,
                const std::string& spelling) {
  if (list.ours.empty()) {
    judge_absent(context, list, smtpd, spelling);
  } else if (list.ours.size() == 1) {
    context.ok(list.name, "names Postern once");
  } else {
    Milters wanted;
    for (std::size_t at = 0; at < list.milters.size(); ++at) {
      const bool again = at != list.ours.front() &&
                         std::find(list.ours.begin(), list.ours.end(), at) != list.ours.end();
      if (!again) wanted.push_back(list.milters[at]);
    }
    context.warning(list.name,
                    "names Postern " + count(static_cast<std::int64_t>(list.ours.size()), "time") +
                        ": each message is judged more than once",
                    set_parameter(list.name, format(wanted)));
  }
}

// A setting that is in force for our milter, and how to change it where it stands.
struct Effective {
  std::string subject;
  std::string value;
  std::function<std::string(const std::string& value)> change;
  bool is_given = true;  ///< Else it is a default of Postfix.
};

Effective in_braces(const List& list, std::size_t at, const std::string& setting) {
  const auto change = [list, at, setting](const std::string& value) {
    Milters wanted = list.milters;
    for (auto& [name, old] : wanted[at].settings) {
      if (name == setting) old = value;
    }
    return set_parameter(list.name, format(wanted));
  };
  return {list.name + " " + setting, list.milters[at].value(setting), change, true};
}

Effective in_main_cf(const PostfixConfig& postfix, const std::string& name) {
  const auto change = [name](const std::string& value) { return set_parameter(name, value); };
  return {name, postfix.value(name), change, postfix.is_set(name)};
}

void judge_accept(Context& context, const Effective& action) {
  const auto& config = context.facts().config;
  const std::string text = "is accept: while Postern is down, mail passes unjudged and unsigned";
  if (config && !config->enforces) {
    context.info(action.subject, text + ", which is right while it only observes (mode)",
                 "when you set mode = \"enforce\": " + action.change("tempfail"));
  } else {
    context.warning(action.subject, text, action.change("tempfail"));
  }
}

void judge_action(Context& context, const Effective& action) {
  const std::string mend = action.change("tempfail");
  if (action.value == "accept") {
    judge_accept(context, action);
  } else if (action.value == "reject") {
    context.error(action.subject, "is reject: while Postern is down, mail is lost", mend);
  } else if (action.value == "quarantine") {
    context.warning(action.subject,
                    "is quarantine: while Postern is down, mail stays in the hold queue", mend);
  } else if (action.value != "tempfail" && action.value != "shutdown") {
    context.warning(
        action.subject,
        "is " + printable(action.value) + ", which Postfix does not know: it takes it for tempfail",
        mend);
  } else if (!action.is_given) {
    context.info(action.subject, "is not set; this Postfix takes " + action.value, mend);
  } else {
    context.ok(action.subject, "is " + action.value + ": while Postern is down, senders try again");
  }
}

// "90", "90s", "2m" as seconds (postconf(5)); nothing if it is no such time.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  constexpr std::size_t max_digits = 9;
  std::int64_t number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && ascii::is_digit(text[digits])) {
    number = number * 10 + (text[digits++] - '0');
    if (digits > max_digits) return std::nullopt;
  }
  const std::string unit = ascii::to_lower(text.substr(digits));
  if (digits == 0 || unit.size() > 1) return std::nullopt;
  switch (unit.empty() ? 's' : unit.front()) {
    case 's': return number;
    case 'm': return number * 60;
    case 'h': return number * 3600;
    case 'd': return number * 86400;
    case 'w': return number * 7 * 86400;
    default: return std::nullopt;
  }
}

std::string in_seconds(std::int64_t seconds) {
  return std::to_string(seconds) + "s";
}

/// What a time may be, in seconds, and what to put in its place.
struct Bounds {
  std::int64_t least;
  std::int64_t most;
  std::int64_t proposal;
};

void judge_time(Context& context, const Effective& time, const Bounds& bounds) {
  if (time.value.empty()) return;  // no such parameter in this Postfix
  const auto seconds = seconds_of(time.value);
  const std::string mend = time.change(in_seconds(bounds.proposal));
  if (!seconds) {
    context.error(time.subject, "is no time that Postfix can read: " + printable(time.value), mend);
  } else if (*seconds < bounds.least) {
    context.warning(time.subject,
                    "is " + in_seconds(*seconds) + ": Postfix gives up on Postern while it may " +
                        "still wait for DNS or a scanner; give it " + in_seconds(bounds.least) +
                        " at least",
                    mend);
  } else if (*seconds > bounds.most) {
    context.warning(time.subject,
                    "is " + in_seconds(*seconds) + ": senders give up before Postfix does, and " +
                        "send the message again",
                    mend);
  }
}

// Senders wait 5 minutes for most replies and 10 for the last one (RFC 5321 §4.5.3.2).
void judge_times(Context& context, const std::function<Effective(const std::string&)>& find) {
  constexpr std::int64_t patience = 300;
  constexpr std::int64_t last_patience = 600;
  constexpr std::int64_t besides = 5;  // for the work itself on a busy host
  const auto& config = context.facts().config;
  const auto budget =
      config ? config->dns_budget + config->scan_budget : std::chrono::milliseconds(0);
  const std::int64_t needed = std::chrono::ceil<std::chrono::seconds>(budget).count() + besides;
  judge_time(context, find("connect_timeout"), {1, patience, 30});
  judge_time(context, find("command_timeout"), {besides, patience, 30});
  judge_time(context, find("content_timeout"),
             {needed, last_patience, std::clamp<std::int64_t>(2 * needed, 60, last_patience)});
}

void judge_protocol(Context& context, const Effective& protocol) {
  if (protocol.value == "6") {
    context.ok(protocol.subject, "is 6");
  } else {
    context.warning(protocol.subject,
                    "is " + printable(protocol.value) + "; Postern needs version 6",
                    protocol.change("6"));
  }
}

// Postfix takes no mail at all when it meets another name, or a word that is no setting.
void judge_names(Context& context, const List& list, std::size_t at) {
  const auto is_known = [](const auto& setting) {
    return std::find(settings_in_braces.begin(), settings_in_braces.end(), setting.first) !=
           settings_in_braces.end();
  };
  std::vector<std::string> strange = list.milters[at].unread;
  for (const auto& setting : list.milters[at].settings) {
    if (!is_known(setting)) strange.push_back(setting.first);
  }
  if (strange.empty()) return;
  Milters wanted = list.milters;
  auto& settings = wanted[at].settings;
  settings.erase(std::remove_if(settings.begin(), settings.end(), std::not_fn(is_known)),
                 settings.end());
  wanted[at].unread.clear();
  context.error(list.name,
                "has beside Postern in braces what Postfix does not understand (" +
                    printable(join(strange)) + "): it takes no mail",
                set_parameter(list.name, format(wanted)));
}

// Judges what is in force for our milter in a list. What does not stand there in braces comes from
// main.cf, and is judged once for all lists.
void judge_settings(Context& context, const PostfixConfig& postfix, const List& list) {
  for (const std::size_t at : list.ours) {
    judge_names(context, list, at);
    const MilterEntry& ours = list.milters[at];
    if (!ours.value("default_action").empty()) {
      judge_action(context, in_braces(list, at, "default_action"));
    }
    if (!ours.value("protocol").empty()) judge_protocol(context, in_braces(list, at, "protocol"));
    judge_times(context, [&](const std::string& setting) {
      return ours.value(setting).empty() ? in_main_cf(postfix, "milter_" + setting)
                                         : in_braces(list, at, setting);
    });
  }
}

bool all_have(const std::array<List, 2>& lists, std::string_view setting) {
  bool any = false;
  for (const List& list : lists) {
    for (const MilterEntry& entry : list.milters) {
      if (entry.value(setting).empty()) return false;
      any = true;
    }
  }
  return any;
}

void judge_main_cf(Context& context, const PostfixConfig& postfix,
                   const std::array<List, 2>& lists) {
  const Effective action = in_main_cf(postfix, "milter_default_action");
  if (all_have(lists, "default_action")) {
    context.ok(action.subject, "does not count: each milter has a default_action of its own");
  } else {
    judge_action(context, action);
  }
  if (!all_have(lists, "protocol")) judge_protocol(context, in_main_cf(postfix, "milter_protocol"));
}

// The same finding about both lists, or about a parameter that both rest on, is said once.
void drop_repeated(Findings& findings) {
  Findings kept;
  for (Finding& each : findings) {
    if (std::find(kept.begin(), kept.end(), each) == kept.end()) kept.push_back(std::move(each));
  }
  findings = std::move(kept);
}

}  // namespace

std::string set_parameter(const std::string& name, const std::string& value) {
  return "postconf -e '" + name + "=" + value + "' && postfix reload";
}

void judge_milters(Context& context, const PostfixConfig& postfix) {
  const auto& config = context.facts().config;
  // A broken configuration is said by the check of that name; the lists are read all the same.
  const auto ours = parse_libmilter_endpoint(config ? config->milter_socket : std::string());
  const Endpoint socket = ours ? *ours : Endpoint{};
  const std::array<List, 2> lists = {read_list(postfix, "smtpd_milters", socket),
                                     read_list(postfix, "non_smtpd_milters", socket)};
  if (ours && is_hidden(postfix, socket)) {
    judge_hidden(context, postfix, socket);
  } else if (ours) {
    const std::string spelling = postfix_spelling(postfix, socket);
    for (const List& list : lists) judge_list(context, list, lists[0], spelling);
  }
  judge_settings(context, postfix, lists[0]);
  if (lists[1].value != lists[0].value) judge_settings(context, postfix, lists[1]);
  judge_main_cf(context, postfix, lists);
  drop_repeated(context.findings());
}

}  // namespace postern::doctor
