// Any text may come from postconf: parameters, services, and lists of servers are read without
// reading past a line or a word, and what is written from them is read as the same.
#include <algorithm>
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/doctor/postfix_config.hpp"
#include "lib/doctor/server_lists.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view words[] = {"{",
                                      "}",
                                      " ",
                                      ",",
                                      "=",
                                      "\n",
                                      "/",
                                      "inet:127.0.0.1:25",
                                      "inet:[::1]:8891",
                                      "unix:a/b",
                                      "unix:/x",
                                      "default_action=accept",
                                      "name = value",
                                      "check_policy_service ",
                                      "smtp inet n - y - - smtpd\n",
                                      "smtp/inet/a = b\n",
                                      "smtpd_milters = ",
                                      "inet:"};

void check_parameters(std::string_view text) {
  const auto values = doctor::parse_parameters(text);
  std::string written;
  for (const auto& [name, value] : values) {
    require(name.find('\n') == name.npos && name.find('=') == name.npos);
    require(value.find('\n') == value.npos);
    written += name + " = " + value + "\n";
  }
  require(doctor::parse_parameters(written) == values);
}

void check_master(std::string_view text) {
  for (const doctor::MasterEntry& entry : doctor::parse_master(text, text)) {
    require(!entry.name.empty() && !entry.type.empty() && !entry.command.empty());
    for (const auto& [name, value] : entry.overrides) {
      require(name.find('/') == name.npos && value.find('\n') == value.npos);
    }
  }
}

void check_endpoint(std::string_view text) {
  const auto endpoint = doctor::parse_postfix_endpoint(text);
  if (!endpoint) return;
  const auto again = doctor::parse_postfix_endpoint(endpoint->text());
  require(again.has_value() && *again == *endpoint);
  require(doctor::is_same_socket(*endpoint, *endpoint));
  const doctor::Endpoint resolved = doctor::resolve_path(*endpoint, "/q", true);
  require(resolved.kind == doctor::Endpoint::Kind::inet || resolved.path.starts_with("/q"));
}

// Commas, white space, and braces end words, so that no word holds one.
bool is_word(std::string_view word) {
  return !word.empty() && word.find_first_of(", \t\r\n{}") == word.npos;
}

void check_lists(std::string_view text) {
  const auto milters = doctor::parse_milters(text);
  for (const doctor::MilterEntry& entry : milters) {
    require(is_word(entry.server));
    for (const auto& [name, value] : entry.settings) require(name.find('=') == name.npos);
    check_endpoint(entry.server);
  }
  require(doctor::parse_milters(doctor::format(milters)) == milters);
  require(doctor::split_milters(text).size() == milters.size());
  const auto policies = doctor::policy_servers(text);
  require(std::all_of(policies.begin(), policies.end(), is_word));
}

void check(std::string_view text) {
  check_parameters(text);
  check_master(text);
  check_endpoint(text);
  check_lists(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check(text);
  check(fuzz::in_words(text, words));
  return 0;
}
