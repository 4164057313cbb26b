#include "policy-daemon/decision_line.hpp"

#include <string>

#include "lib/event/catalogue.hpp"

namespace postern {
namespace {

// "example.org" of "user@example.org"; what has no domain is nobody's address.
std::string shown(const std::string& address, bool whole) {
  return whole || address.empty() ? address : "@" + policy::domain_of(address);
}

void add_text(report::LogLine& line, std::string_view key, const std::string& value) {
  if (!value.empty()) line.add(key, value);
}

void add_envelope(report::LogLine& line, const policy::Request& request, bool whole_addresses) {
  const bool is_ours = !request.sasl_username.empty();
  add_text(line, "login", request.sasl_username);
  if (request.has_sender()) {
    line.add("sender", request.rfc5321_mail_from.empty()
                           ? "<>"
                           : shown(request.rfc5321_mail_from, is_ours || whole_addresses));
  }
  add_text(line, "recipient", shown(request.recipient, !is_ours || whole_addresses));
  if (request.recipient_count > 0) {
    line.add("recipients", static_cast<std::int64_t>(request.recipient_count));
  }
  if (request.size > 0) line.add("size", static_cast<std::int64_t>(request.size));
}

}  // namespace

report::LogLine decision_line(const policy::Request& request, const policy::Decision& decision,
                              bool whole_addresses, std::chrono::milliseconds taken) {
  report::LogLine line(event::policy.name);
  line.add("instance", request.instance);
  add_text(line, "queue_id", request.queue_id);
  line.add("state", policy::to_word(request.state));
  line.add("client", request.client_address ? request.client_address->text() : "unknown");
  add_text(line, "client_name", request.client_name);
  add_text(line, "helo", request.helo_name);
  add_envelope(line, request, whole_addresses);
  add_text(line, "context", request.policy_context);
  line.add("rule", decision.rule.empty() ? "none" : decision.rule);
  line.add("action", decision.action);
  if (decision.wanted != decision.action) line.add("wanted", decision.wanted);
  line.add("why", decision.why);
  for (const auto& [key, value] : decision.facts) line.add(key, value);
  for (const std::string& failure : decision.failures) line.add("failed", failure);
  line.add("ms", taken.count());
  return line;
}

}  // namespace postern
