// Requests of Postfix: the same whatever pieces they come in, bounded in memory, too, and no reply
// to them has a second line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/policy/action.hpp"
#include "lib/policy/request_reader.hpp"

namespace {

using namespace postern;
using fuzz::require;

// Small, so that inputs reach them. Octets that wait are bounded as in the daemon: a request and
// one read.
constexpr std::size_t largest_piece = 9;
constexpr policy::Limits small_limits{300, 12, 300 + largest_piece};

// The same for inputs that are fed whole.
policy::Limits patient(policy::Limits limits) {
  limits.unread = 1 << 20;
  return limits;
}

struct Outcome {
  std::vector<policy::Request> requests;  // one without anything for an error
  std::size_t errors = 0;
  bool is_broken = false;
  bool is_within_request = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, const policy::Limits& limits, std::string_view cuts) {
  policy::RequestReader reader(limits);
  Outcome outcome;
  std::size_t cut = 0;
  while (!bytes.empty()) {
    std::size_t size = bytes.size();
    if (!cuts.empty()) {
      size = static_cast<unsigned char>(cuts[cut++ % cuts.size()]) % largest_piece + 1;
    }
    reader.feed(bytes.substr(0, size));
    require(reader.unread() <= limits.unread);
    while (const auto request = reader.next()) {
      outcome.requests.push_back(request->value_or(policy::Request()));
      outcome.errors += *request ? 0 : 1;
    }
    // Whatever came, no more is kept than a request may be.
    require(reader.unread() <= limits.request_size);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  outcome.is_broken = reader.is_broken();
  outcome.is_within_request = outcome.is_broken || reader.is_within_request();
  return outcome;
}

void check_reply(const std::string& reply) {
  require(reply.starts_with("action=") && reply.ends_with("\n\n"));
  require(reply.size() > 9 && reply.size() <= policy::max_action_size + 9);
  require(fuzz::is_printable(std::string_view(reply).substr(0, reply.size() - 2)));
}

void check_replies(const policy::Request& request) {
  static const policy::Action action =
      *policy::parse_action("450 4.7.1 {sender} {recipient} {helo_name} {client_name} {why}");
  const std::map<std::string_view, std::string> values = {
      {"sender", policy::shown(request.rfc5321_mail_from)},
      {"recipient", policy::shown(request.recipient)},
      {"helo_name", policy::shown(request.helo_name)},
      {"client_name", policy::shown(request.client_name)},
      {"why", request.instance}};
  check_reply(policy::format_reply(
      policy::expand(action, [&](std::string_view name) { return values.at(name); })));
  check_reply(policy::format_reply(request.rfc5321_mail_from));
}

void check(std::string_view bytes) {
  for (const policy::Limits& limits : {policy::Limits{}, small_limits}) {
    const Outcome whole = read(bytes, patient(limits), "");
    require(read(bytes, limits, std::string_view("\0", 1)) == whole);
    require(read(bytes, limits, bytes) == whole);
    for (const policy::Request& request : whole.requests) {
      require(request.rfc5321_mail_from.find_first_of(std::string_view("\r\n\0", 3)) ==
              std::string::npos);
      require(request.rfc5321_mail_from.size() < limits.request_size);
      check_replies(request);
    }
  }
  const auto action = policy::parse_action(bytes);
  if (action)
    check_reply(
        policy::format_reply(policy::expand(*action, [](auto) { return std::string("\r\n"); })));
}

constexpr std::string_view words[] = {"request=smtpd_access_policy\n",
                                      "\n",
                                      "\n\n",
                                      "sender=",
                                      "recipient=",
                                      "size=",
                                      "9",
                                      "a@b",
                                      "\r",
                                      "\r\n",
                                      "=",
                                      "request=x\n",
                                      "client_address=192.0.2.1\n",
                                      "client_name=unknown\n",
                                      "action=OK",
                                      " ",
                                      "protocol_state=RCPT\n",
                                      "x\n"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Pieces of one octet make long inputs slow; the limits are small anyway.
  const std::string_view input = fuzz::text_of(data, size).substr(0, 8192);
  check(input);
  check(fuzz::in_letters(input, std::string_view("\n=\r\0sa", 6)));
  check(fuzz::in_words(input.substr(0, 2000), words));
  return 0;
}
