#include "lib/doctor/support.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"
#include "lib/records/zone_fragment.hpp"

namespace postern::doctor {

Texts find_texts(Context& context, const std::string& name, const std::string& subject,
                 bool (*is_meant)(std::string_view)) {
  Texts texts;
  const dns::Answer* answer = context.lookups().find(name, dns::Type::txt);
  if (answer == nullptr) return texts;
  if (answer->is_failure()) {
    context.skipped(subject, failure_text(name, *answer));
    return texts;
  }
  texts.is_known = true;
  std::copy_if(answer->texts.begin(), answer->texts.end(), std::back_inserter(texts.found),
               is_meant);
  return texts;
}

std::string failure_text(const std::string& name, const dns::Answer& answer) {
  const std::string what = "DNS gave no answer for " + name;
  if (answer.security == dns::Security::bogus) return what + ": DNSSEC found it bogus";
  return what + (answer.status == dns::Status::timeout ? ": no reply in time" : ": server failure");
}

std::string publish(const std::string& name, const std::string& text) {
  return "publish: " + records::format(records::txt_record(name, text));
}

Addresses find_addresses(Context& context, const std::string& name) {
  Addresses addresses;
  const dns::Answer* v4 = context.lookups().find(name, dns::Type::a);
  const dns::Answer* v6 = context.lookups().find(name, dns::Type::aaaa);
  if (v4 == nullptr || v6 == nullptr) return addresses;
  addresses.is_known = true;
  addresses.failed = v4->is_failure() || v6->is_failure();
  for (const dns::Answer* answer : {v4, v6}) {
    addresses.found.insert(addresses.found.end(), answer->addresses.begin(),
                           answer->addresses.end());
  }
  return addresses;
}

bool is_public_name(const std::string& name) {
  // Names of one network only (RFC 6761 §6, RFC 6762 §3, RFC 8375 §3), and such as routers invent.
  constexpr std::array<std::string_view, 8> endings = {
      ".local", ".lan", ".localdomain", ".localhost", ".internal", ".home", ".test", ".invalid"};
  return name.find('.') != name.npos &&
         std::none_of(endings.begin(), endings.end(),
                      [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string relay_of(const Facts& facts) {
  return facts.postfix ? printable(facts.postfix->value("relayhost")) : "";
}

std::string wanted_host(const Facts& facts, const std::string& domain) {
  return is_public_name(facts.host) ? facts.host : "mail." + domain;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string join(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const IpAddress& address : addresses) text += (text.empty() ? "" : ", ") + address.text();
  return text;
}

bool contains(const std::vector<IpAddress>& list, const IpAddress& address) {
  return std::find(list.begin(), list.end(), address) != list.end();
}

std::string count(std::int64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii::is_printable(c) ? c : '?';
  return out;
}

}  // namespace postern::doctor
