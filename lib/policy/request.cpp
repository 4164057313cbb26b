#include "lib/policy/request.hpp"

#include <array>
#include <limits>

#include "lib/base/ascii.hpp"

namespace postern::policy {
namespace {

struct StateWord {
  State state;
  std::string_view word;
};
constexpr std::array state_words = {
    StateWord{State::connect, "CONNECT"}, StateWord{State::ehlo, "EHLO"},
    StateWord{State::helo, "HELO"},       StateWord{State::mail, "MAIL"},
    StateWord{State::rcpt, "RCPT"},       StateWord{State::data, "DATA"},
    StateWord{State::vrfy, "VRFY"},       StateWord{State::end_of_message, "END-OF-MESSAGE"},
    StateWord{State::etrn, "ETRN"},
};

std::uint64_t read_number(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!ascii::is_digit(c)) return 0;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (most - digit) / 10 ? most : number * 10 + digit;
  }
  return number;
}

// Postfix says "unknown" where it has no name.
std::string read_name(std::string_view text) {
  return ascii::equals_ignoring_case(text, "unknown") ? std::string() : std::string(text);
}

struct Attribute {
  std::string_view name;
  void (*set)(Request& request, std::string_view value);
};

template <std::string Request::*Member>
void set_text(Request& request, std::string_view value) {
  request.*Member = value;
}
template <std::string Request::*Member>
void set_name(Request& request, std::string_view value) {
  request.*Member = read_name(value);
}
template <std::uint64_t Request::*Member>
void set_number(Request& request, std::string_view value) {
  request.*Member = read_number(value);
}
void set_state(Request& request, std::string_view value) {
  request.state = parse_state(value);
}
void set_client_address(Request& request, std::string_view value) {
  const auto address = parse_ip_address(value);
  if (address) request.client_address = address->unmapped();
}

constexpr std::array attributes = {
    Attribute{"protocol_state", set_state},
    Attribute{"client_address", set_client_address},
    Attribute{"client_name", set_name<&Request::client_name>},
    Attribute{"reverse_client_name", set_name<&Request::reverse_client_name>},
    Attribute{"helo_name", set_text<&Request::helo_name>},
    Attribute{"sender", set_text<&Request::rfc5321_mail_from>},
    Attribute{"recipient", set_text<&Request::recipient>},
    Attribute{"recipient_count", set_number<&Request::recipient_count>},
    Attribute{"size", set_number<&Request::size>},
    Attribute{"queue_id", set_text<&Request::queue_id>},
    Attribute{"instance", set_text<&Request::instance>},
    Attribute{"sasl_method", set_text<&Request::sasl_method>},
    Attribute{"sasl_username", set_text<&Request::sasl_username>},
    Attribute{"sasl_sender", set_text<&Request::sasl_sender>},
    Attribute{"server_address", set_text<&Request::server_address>},
    Attribute{"server_port", set_text<&Request::server_port>},
    Attribute{"ccert_fingerprint", set_text<&Request::ccert_fingerprint>},
    Attribute{"encryption_protocol", set_text<&Request::encryption_protocol>},
    Attribute{"policy_context", set_text<&Request::policy_context>},
};
static_assert(attributes.size() <= max_known_attributes);

}  // namespace

std::string_view to_word(State state) {
  for (const StateWord& known : state_words) {
    if (known.state == state) return known.word;
  }
  return "unknown";
}

State parse_state(std::string_view word) {
  for (const StateWord& known : state_words) {
    if (known.word == word) return known.state;
  }
  return State::unknown;
}

bool Request::has_sender() const {
  return state == State::mail || state == State::rcpt || state == State::data ||
         state == State::end_of_message;
}

bool Request::has_recipient() const {
  return !recipient.empty() && has_sender();
}

bool Request::has_helo() const {
  return state != State::connect && state != State::unknown;
}

bool Request::has_login() const {
  return has_sender() || state == State::vrfy || state == State::etrn;
}

std::optional<unsigned> find_attribute(std::string_view name) {
  for (unsigned at = 0; at < attributes.size(); ++at) {
    const std::string_view known = attributes[at].name;
    if (known.size() == name.size() && known == name) return at;  // most have another size
  }
  return std::nullopt;
}

void set_attribute(Request& request, unsigned number, std::string_view value) {
  attributes.at(number).set(request, value);
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string() : ascii::to_lower(address.substr(at + 1));
}

}  // namespace postern::policy
