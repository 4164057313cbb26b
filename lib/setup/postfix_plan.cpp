#include "lib/setup/postfix_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/doctor/endpoint.hpp"
#include "lib/doctor/server_lists.hpp"
#include "lib/setup/element_list.hpp"
#include "lib/setup/main_cf.hpp"

namespace postern::setup {
namespace {

constexpr std::string_view milter_name = "postern_milter";
constexpr std::string_view policy_name = "postern_policy";
constexpr std::string_view milter_element = "$postern_milter";
constexpr std::string_view policy_element = "$postern_policy";
constexpr int first_version_with_braces = 3;

// A socket of ours as smtpd finds it, in its chroot and out of it; nothing when it is not below the
// queue directory.
std::optional<std::string> endpoint_below(const std::string& socket,
                                          const std::string& queue_directory) {
  auto endpoint = doctor::parse_libmilter_endpoint(socket);
  if (!endpoint) return std::nullopt;
  if (endpoint->kind == doctor::Endpoint::Kind::inet) return endpoint->text();
  const std::string folder = queue_directory + "/";
  if (!endpoint->path.starts_with(folder)) return std::nullopt;
  endpoint->path.erase(0, folder.size());
  return endpoint->text();
}

// A list without white space between its elements, which "-o" of master.cf does not take.
std::string on_one_line(std::string_view value) {
  std::string text;
  for (const std::string& element : split_elements(value).elements) {
    text += (text.empty() ? "" : ",") + element;
  }
  return text;
}

// Words, separated by commas, in front of a list.
std::string with_all_first(std::string_view value, std::string_view words) {
  if (words.empty()) return std::string(value);
  return std::string(words) + (value.empty() ? "" : ", ") + std::string(value);
}

// A service to which only our own users submit.
bool is_submission(const doctor::MasterEntry& service) {
  constexpr std::array<std::string_view, 5> names = {"submission", "submissions", "smtps", "465",
                                                     "587"};
  const std::size_t colon = service.name.rfind(':');
  const std::string_view port =
      std::string_view(service.name).substr(colon == service.name.npos ? 0 : colon + 1);
  return service.command == "smtpd" && std::find(names.begin(), names.end(), port) != names.end();
}

class Planner {
 public:
  Planner(const PostfixFound& found, const PostfixWish& wish) : found_(found), wish_(wish) {}

  PostfixPlan run() && {
    refuse_what_is_foreign();
    if (!plan_.refusals.empty()) return std::move(plan_);
    if (!wish_.milter_socket.empty()) plan_milter();
    if (!wish_.policy_socket.empty()) plan_policy();
    if (!wish_.tls_socket.empty()) plan_tls_policy();
    if (!plan_.refusals.empty()) plan_.changes.clear();
    return std::move(plan_);
  }

 private:
  void refuse(std::string why) { plan_.refusals.push_back(std::move(why)); }
  void note(std::string text) { plan_.notes.push_back(std::move(text)); }

  void refuse_what_is_foreign() {
    if (std::atoi(found_.version.c_str()) < first_version_with_braces) {
      refuse("mail_version: Postfix " + found_.version + " is older than 3.0");
    }
    if (found_.is_multi_instance) {
      refuse(
          "multi_instance_enable: there are several instances of Postfix, and only you know which "
          "of them strangers reach; set it up by hand as in postern(1)");
    }
    for (const char* list : {"smtpd_milters", "non_smtpd_milters", "smtpd_recipient_restrictions",
                             "smtpd_end_of_data_restrictions", "smtp_tls_policy_maps"}) {
      if (!split_elements(main_value(list).value_or("")).is_understood) {
        refuse(std::string(list) + ": braces do not match");
      }
    }
  }

  std::optional<std::string> main_value(std::string_view name) const {
    const auto found = found_.explicit_values.find(name);
    return found == found_.explicit_values.end() ? std::nullopt : std::optional(found->second);
  }

  void change(ParameterChange change) {
    if (change.before != change.after) plan_.changes.push_back(std::move(change));
  }
  void set(std::string_view name, std::string value) {
    change({"", std::string(name), main_value(name), std::move(value), ""});
  }
  void put_first(std::string_view name, std::string_view element) {
    const auto before = main_value(name);
    change({"", std::string(name), before, with_first(before.value_or(""), element),
            std::string(element)});
  }

  std::optional<std::string> endpoint(const std::string& socket, const char* parameter) {
    auto found = endpoint_below(socket, found_.queue_directory);
    if (!found) {
      refuse("queue_directory: " + found_.queue_directory + " does not hold " + socket + " (" +
             parameter + " of postern.toml), so that a chrooted smtpd cannot reach it");
    }
    return found;
  }

  void plan_milter() {
    const auto socket = endpoint(wish_.milter_socket, "milter.socket");
    if (!socket) return;
    set(milter_name,
        "{ " + *socket + ", default_action=" + (wish_.waits_for_milter ? "tempfail" : "accept") +
            ", connect_timeout=5s, command_timeout=10s, content_timeout=120s" + protocol() + " }");
    put_milter_first("smtpd_milters", *socket);
    const auto local = main_value("non_smtpd_milters");
    const bool follows =
        local && (has_element(*local, "$smtpd_milters") || has_element(*local, "${smtpd_milters}"));
    if (!follows) put_milter_first("non_smtpd_milters", *socket);
    for (const doctor::MasterEntry& service : found_.services) look_at_milters_of(service);
  }

  // First, so that no field of another milter is taken for a forgery of ours. One that was put
  // there by hand becomes the one that is ours.
  void put_milter_first(std::string_view list, const std::string& socket) {
    const auto before = main_value(list);
    std::string rest = before.value_or("");
    for (const std::string& element : split_elements(rest).elements) {
      const auto servers = doctor::split_milters(element);
      if (!servers.empty() && servers.front() == socket) rest = without(rest, element);
    }
    change({"", std::string(list), before, with_first(rest, milter_element),
            std::string(milter_element)});
  }

  // An old milter_protocol would keep from us what was already received.
  std::string protocol() const {
    const auto given = main_value("milter_protocol");
    return given && given != "6" ? ", protocol=6" : "";
  }

  void look_at_milters_of(const doctor::MasterEntry& service) {
    const std::string id = service.name + "/" + service.type;
    if (service.overrides.count("smtpd_milters") > 0) {
      note(id +
           " of master.cf has smtpd_milters of its own: mail that comes there is not seen by "
           "Postern");
      return;
    }
    if (!is_submission(service)) return;
    const auto given = service.overrides.find("milter_macro_daemon_name");
    if (given == service.overrides.end()) {
      change({id, "milter_macro_daemon_name", std::nullopt, "ORIGINATING", ""});
    } else if (given->second != "ORIGINATING") {
      note(id + " of master.cf has milter_macro_daemon_name=" + given->second +
           ": its mail counts as that of our users only after a login");
    }
  }

  void plan_policy() {
    const auto socket = endpoint(wish_.policy_socket, "policy.sockets");
    if (!socket) return;
    set(policy_name, "check_policy_service { " + *socket + ", timeout=5s, default_action=DUNNO }");
    refuse_second_question(*socket);
    put_first("smtpd_recipient_restrictions", policy_element);
    const bool looks_at_recipients =
        main_value("smtpd_reject_unlisted_recipient").value_or("yes") == "yes";
    if (looks_at_recipients) put_unlisted_first();
    put_first("smtpd_end_of_data_restrictions", policy_element);
    for (const doctor::MasterEntry& service : found_.services) look_at_policy_of(service);
  }

  // A policy server in a list takes two words, of which we know only ours to be ours.
  void refuse_second_question(const std::string& socket) {
    for (const char* list : {"smtpd_recipient_restrictions", "smtpd_end_of_data_restrictions"}) {
      for (const std::string& server : doctor::policy_servers(main_value(list).value_or(""))) {
        if (server != socket) continue;
        refuse(std::string(list) + ": asks " + socket +
               " already; take check_policy_service and what follows it out first");
      }
    }
  }

  // Nobody need be asked about recipients that are not there; smtpd looks for them at the end
  // anyway.
  void put_unlisted_first() {
    constexpr std::string_view unlisted = "reject_unlisted_recipient";
    const auto before = main_value("smtpd_recipient_restrictions");
    if (before && has_element(*before, unlisted)) return;
    for (ParameterChange& each : plan_.changes) {
      if (each.name != "smtpd_recipient_restrictions") continue;
      each.after = with_first(each.after, unlisted);
      each.ours = std::string(unlisted) + ", " + std::string(policy_element);
    }
  }

  void look_at_policy_of(const doctor::MasterEntry& service) {
    const std::string name = "smtpd_recipient_restrictions";
    const auto given = service.overrides.find(name);
    if (given == service.overrides.end() || has_element(given->second, policy_element)) return;
    const std::string id = service.name + "/" + service.type;
    const std::string after = on_one_line(with_first(given->second, policy_element));
    const bool fits = after.find_first_of(" \t") == after.npos;  // as postconf asks of master.cf
    if (is_submission(service) && fits) {
      change({id, name, given->second, after, std::string(policy_element)});
    } else {
      note(id +
           " of master.cf has smtpd_recipient_restrictions of its own: nobody is asked about "
           "mail that comes there");
    }
  }

  void plan_tls_policy() {
    const std::string prefix = "unix:" + found_.queue_directory + "/";
    if (!wish_.tls_socket.starts_with(prefix)) {
      (void)endpoint(wish_.tls_socket, "mta_sts.sockets");
      return;
    }
    const std::string map = "socketmap:unix:" + wish_.tls_socket.substr(prefix.size()) + ":mta-sts";
    const auto before = main_value("smtp_tls_policy_maps");
    if (!before || !has_element(*before, map)) {
      const std::string after = before && !before->empty() ? *before + ", " + map : map;
      change({"", "smtp_tls_policy_maps", before, after, map, true});
    }
    if (!main_value("smtp_tls_CAfile") && !main_value("smtp_tls_CApath")) {
      set("smtp_tls_CAfile", "/etc/ssl/certs/ca-certificates.crt");
    }
  }

  const PostfixFound& found_;
  const PostfixWish& wish_;
  PostfixPlan plan_;
};

}  // namespace

PostfixPlan plan_postfix(const PostfixFound& found, const PostfixWish& wish) {
  return Planner(found, wish).run();
}

std::string apply(const ParameterChange& change, std::string_view main_cf) {
  const std::vector<std::string> before = split_elements(change.before.value_or("")).elements;
  std::string added;
  for (const std::string& element : split_elements(change.ours).elements) {
    if (std::find(before.begin(), before.end(), element) != before.end()) continue;
    added += (added.empty() ? "" : ", ") + element;
  }
  // A list of which more than our words is new was written by hand for us before.
  const std::string first = with_all_first(change.before.value_or(""), added);
  if (change.is_last) return put_last(main_cf, change.name, added);
  if (!added.empty() && first == change.after) return put_first(main_cf, change.name, added);
  return set_parameter(main_cf, change.name, change.after);
}

std::optional<std::string> undone_value(const ParameterChange& change, const std::string& now) {
  if (now == change.after) return change.before;
  // A value that is ours as a whole, left by a run that was killed before it wrote the next one.
  if (change.ours.empty() && now == change.previous) return change.before;
  std::string value = now;
  for (const std::string& element : split_elements(change.ours).elements) {
    const bool was_there = change.before && has_element(*change.before, element);
    if (!was_there) value = without(value, element);
  }
  if (value.empty() && !change.before) return std::nullopt;
  return change.service.empty() ? value : on_one_line(value);
}

std::string undo(const ParameterChange& change, const std::optional<std::string>& now,
                 std::string_view main_cf) {
  if (!now) return std::string(main_cf);
  const auto value = undone_value(change, *now);
  if (!value) return remove_parameter(main_cf, change.name);
  if (*value == *now) return std::string(main_cf);
  std::string text(main_cf);
  for (const std::string& element : split_elements(change.ours).elements) {
    const bool was_there = change.before && has_element(*change.before, element);
    if (!was_there) text = take_out(text, change.name, element);
  }
  // More than our elements was changed, where somebody had named us by hand before.
  std::string rest = *now;
  for (const std::string& element : split_elements(change.ours).elements) {
    const bool was_there = change.before && has_element(*change.before, element);
    if (!was_there) rest = without(rest, element);
  }
  const bool is_all = split_elements(rest).elements == split_elements(*value).elements;
  return is_all && !change.ours.empty() ? text : set_parameter(main_cf, change.name, *value);
}

}  // namespace postern::setup
