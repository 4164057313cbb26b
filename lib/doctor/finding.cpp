#include "lib/doctor/finding.hpp"

#include <algorithm>

namespace postern::doctor {

std::string_view to_word(Severity severity) {
  switch (severity) {
    case Severity::ok: return "ok";
    case Severity::skipped: return "skipped";
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

Severity worst(const Findings& findings) {
  Severity severity = Severity::ok;
  for (const Finding& finding : findings) severity = std::max(severity, finding.severity);
  return severity;
}

int exit_status(Severity severity) {
  switch (severity) {
    case Severity::ok:
    case Severity::skipped:
    case Severity::info: return 0;
    case Severity::warning: return 1;
    case Severity::error: return 2;
  }
  return 2;
}

}  // namespace postern::doctor
