#include "lib/doctor/changes.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

namespace postern::doctor {
namespace {

using Json = nlohmann::ordered_json;
using Subject = std::pair<std::string, std::string>;
using Matter = std::tuple<std::string, std::string, Severity, std::string>;

std::optional<Severity> severity_of(std::string_view word) {
  for (const Severity severity :
       {Severity::ok, Severity::skipped, Severity::info, Severity::warning, Severity::error}) {
    if (word == to_word(severity)) return severity;
  }
  return std::nullopt;
}

Matter matter_of(const Finding& finding) {
  return {finding.check, finding.subject, finding.severity, finding.text};
}

bool has_run(const Finding& finding, const std::vector<std::string>& names) {
  return names.empty() || std::find(names.begin(), names.end(), finding.check) != names.end();
}

std::optional<Finding> read_finding(const nlohmann::json& json) {
  if (!json.is_object()) return std::nullopt;
  for (const char* name : {"name", "subject", "severity", "text"}) {
    const auto member = json.find(name);
    if (member == json.end() || !member->is_string()) return std::nullopt;
  }
  const auto severity = severity_of(json["severity"].get_ref<const std::string&>());
  if (!severity) return std::nullopt;
  Finding finding;
  finding.check = json["name"].get<std::string>();
  finding.subject = json["subject"].get<std::string>();
  finding.severity = *severity;
  finding.text = json["text"].get<std::string>();
  return finding;
}

// The callback drops what is nested too deep before it is built.
nlohmann::json read_json(std::string_view text) {
  constexpr int max_nesting = 4;
  bool too_deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > max_nesting;
    return !too_deep;
  };
  auto json = nlohmann::json::parse(text.begin(), text.end(), watch, false);
  return too_deep ? nlohmann::json() : json;
}

}  // namespace

std::string format_state(const Findings& findings) {
  Json list = Json::array();
  for (const Finding& each : findings) {
    list.push_back({{"name", each.check},
                    {"subject", each.subject},
                    {"severity", to_word(each.severity)},
                    {"text", each.text}});
  }
  const Json state = {{"version", state_version}, {"findings", list}};
  return state.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Expected<Findings, std::string> parse_state(std::string_view text) {
  const auto failure = [](const char* problem) { return Unexpected<std::string>(problem); };
  if (text.size() > max_state_size) return failure("is too large");
  const nlohmann::json json = read_json(text);
  if (!json.is_object()) return failure("is no JSON object");
  const auto version = json.find("version");
  if (version == json.end() || *version != state_version) return failure("has another version");
  const auto list = json.find("findings");
  if (list == json.end() || !list->is_array()) return failure("has no list of findings");
  Findings findings;
  for (const nlohmann::json& each : *list) {
    auto finding = read_finding(each);
    if (!finding) return failure("has a finding that is not complete");
    findings.push_back(std::move(*finding));
  }
  return findings;
}

Findings changes(const Findings& before, const Findings& now,
                 const std::vector<std::string>& names) {
  std::set<Matter> old_matters;
  std::set<Subject> old_subjects;
  for (const Finding& each : before) {
    old_matters.insert(matter_of(each));
    old_subjects.emplace(each.check, each.subject);
  }
  Findings changed;
  std::set<Subject> subjects;
  for (const Finding& each : now) {
    const Subject subject(each.check, each.subject);
    subjects.insert(subject);
    if (old_matters.count(matter_of(each)) > 0) continue;
    if (each.severity == Severity::ok && old_subjects.count(subject) == 0) continue;
    changed.push_back(each);
  }
  for (const Finding& each : before) {
    if (each.severity <= Severity::skipped || !has_run(each, names) ||
        subjects.count({each.check, each.subject}) > 0) {
      continue;
    }
    Finding gone = each;
    gone.severity = Severity::ok;
    gone.text = "no more: " + each.text;
    changed.push_back(std::move(gone));
  }
  return changed;
}

Findings kept(const Findings& before, const Findings& now, const std::vector<std::string>& names) {
  Findings all = now;
  std::copy_if(before.begin(), before.end(), std::back_inserter(all),
               [&](const Finding& each) { return !has_run(each, names); });
  return all;
}

}  // namespace postern::doctor
