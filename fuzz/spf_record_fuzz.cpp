// SPF records and macros: what is accepted is well formed, and expands to what may leave the host.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/spf/macro.hpp"
#include "lib/spf/record.hpp"

namespace {

using namespace postern;
using fuzz::is_printable;
using fuzz::require;

bool same(const std::optional<spf::MacroString>& a, const std::optional<spf::MacroString>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->text == b->text && a->needs_client_name == b->needs_client_name;
}

bool same(const spf::Directive& a, const spf::Directive& b) {
  return a.qualifier == b.qualifier && a.mechanism == b.mechanism && same(a.target, b.target) &&
         a.network == b.network && a.prefix4 == b.prefix4 && a.prefix6 == b.prefix6 &&
         a.text == b.text;
}

bool same(const spf::Record& a, const spf::Record& b) {
  return same(a.redirect, b.redirect) && same(a.explanation, b.explanation) &&
         std::equal(a.directives.begin(), a.directives.end(), b.directives.begin(),
                    b.directives.end(), [](const auto& x, const auto& y) { return same(x, y); });
}

// What the peer says elsewhere comes from the same bytes.
spf::MacroValues values_from(std::string_view text) {
  spf::MacroValues values;
  values.local_part = text.substr(0, 300);
  values.helo = text.substr(text.size() / 2);
  values.sender_domain = "sender.example";
  values.domain = "policy.example";
  values.client_name = "unknown";
  values.client_ip = IpAddress::v6({0x20, 0x01, 0x0d, 0xb8});
  return values;
}

void check_name(const spf::MacroString& target, const spf::MacroValues& values) {
  const auto name = spf::expand_name(target, values);
  if (!name) return;
  require(is_printable(*name));
  require(dns::parse_name(*name) == *name);
}

// A directive of a record is right by itself, and means the same.
void check_directive(const spf::Directive& directive, const spf::MacroValues& values) {
  require(directive.prefix4 <= 32 && directive.prefix6 <= 128);
  require(directive.network.prefix <= directive.network.address.bits());
  const std::string alone = "v=spf1 " + std::string(directive.text);
  const auto record = spf::parse_record(alone);
  require(record && record->directives.size() == 1 && same(record->directives[0], directive));
  if (directive.target) check_name(*directive.target, values);
}

void check_record(const std::string& text) {
  const auto record = spf::parse_record(text);
  const auto again = spf::parse_record(text);
  require(record.has_value() == again.has_value());
  if (!record) {
    require(record.error().offset == again.error().offset && record.error().offset <= text.size());
    require(!record.error().problem.empty());
    return;
  }
  require(same(*record, *again) && is_printable(text) && spf::is_record(text));
  const spf::MacroValues values = values_from(text);
  for (const auto& directive : record->directives) check_directive(directive, values);
  if (record->redirect) check_name(*record->redirect, values);
  if (record->explanation) check_name(*record->explanation, values);
}

void check_explanation(std::string_view text) {
  constexpr std::size_t max_size = 500;
  const auto parsed = spf::parse_explain_string(text);
  if (!parsed) return;
  const auto expanded = spf::expand_text(*parsed, values_from(text), max_size);
  require(!expanded || (expanded->size() <= max_size && is_printable(*expanded)));
}

// Bytes to words of the grammar, so that most inputs are nearly records.
std::string in_words(std::string_view bytes) {
  constexpr std::string_view words[] = {
      " ",        " ",          " a",    " mx",  " ptr", " ip4:", " ip6:",     " include:",
      " exists:", " redirect=", " exp=", " all", "-",    "~",     "?",         "+",
      ":",        "/",          "//",    "%{",   "}",    "%%",    "%_",        "%-",
      ".",        "s",          "l",     "d",    "i",    "p",     "h",         "c",
      "r",        "0",          "1",     "2",    "32",   "128",   "192.0.2.1", "2001:db8::",
      ".com",     "_",          "=",     "x=",   "%{d}", "\x80",  "\t",        "R"};
  return "v=spf1" + fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  const std::string words = in_words(input);
  check_record(input);
  check_record(words);
  check_explanation(input);
  check_explanation(words);
  return 0;
}
