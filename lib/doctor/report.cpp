#include "lib/doctor/report.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

constexpr std::array severities = {Severity::error, Severity::warning, Severity::info, Severity::ok,
                                   Severity::skipped};

std::int64_t number_of(const Findings& findings, Severity severity) {
  return std::count_if(findings.begin(), findings.end(),
                       [severity](const Finding& each) { return each.severity == severity; });
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string sentence(const Finding& finding) {
  return printable(finding.text + (finding.detail.empty() ? "" : ": " + finding.detail));
}

// In capitals, so that the eye finds what is wrong.
std::string label(Severity severity) {
  switch (severity) {
    case Severity::error: return "ERROR";
    case Severity::warning: return "WARNING";
    case Severity::ok:
    case Severity::skipped:
    case Severity::info: break;
  }
  return std::string(to_word(severity));
}

std::string summary(const Findings& findings) {
  std::string text;
  for (const Severity severity : severities) {
    const std::int64_t number = number_of(findings, severity);
    if (number == 0) continue;
    const bool is_noun = severity == Severity::error || severity == Severity::warning;
    text += (text.empty() ? "" : ", ") +
            (is_noun ? count(number, to_word(severity))
                     : std::to_string(number) + " " + std::string(to_word(severity)));
  }
  return text.empty() ? "nothing to report" : text;
}

}  // namespace

std::string format_text(const Findings& findings) {
  constexpr std::size_t label_width = 9;
  std::size_t name_width = 0;
  for (const Finding& each : findings) name_width = std::max(name_width, each.check.size() + 2);
  std::string out;
  for (const Finding& each : findings) {
    out += padded(label(each.severity), label_width) + padded(each.check, name_width) +
           printable(each.subject) + ": " + sentence(each) + "\n";
    if (each.remedy.empty()) continue;
    out += std::string(label_width + name_width, ' ') + "-> " + printable(each.remedy) + "\n";
  }
  return out + summary(findings) + "\n";
}

nlohmann::ordered_json to_json(const Findings& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& each : findings) {
    list.push_back({{"name", each.check},
                    {"subject", printable(each.subject)},
                    {"severity", to_word(each.severity)},
                    {"text", sentence(each)},
                    {"remedy", printable(each.remedy)}});
  }
  nlohmann::ordered_json counts;
  for (const Severity severity : severities) {
    counts[std::string(to_word(severity))] = number_of(findings, severity);
  }
  return {{"findings", list}, {"worst", to_word(worst(findings))}, {"counts", counts}};
}

}  // namespace postern::doctor
