// Any bytes as a message: the fields are the header section octet by octet, and an author without
// problem is one valid domain.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/dns/name.hpp"
#include "lib/mail/author.hpp"
#include "lib/mail/message.hpp"

using namespace postern;
using fuzz::in_letters;
using fuzz::require;

namespace {

// A converter that gives back what it got: find_authors must not trust it.
std::optional<std::string> to_ascii(std::string_view domain) {
  if (domain.size() % 3 == 0) return std::nullopt;
  std::string text(domain);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80 && domain.size() % 3 == 1) c = 'x';
  }
  return text;
}

void check_fields(std::string_view text, const mail::Message& message) {
  std::size_t at = message.header_offset;
  for (const mail::HeaderField& field : message.header.fields()) {
    require(field.raw.data() == text.data() + at);
    require(!field.name.empty() && field.raw.starts_with(field.name));
    require(field.raw.ends_with(field.body) && field.name.size() < field.raw.size());
    at += field.raw.size();
    if (text.substr(at).starts_with("\r\n")) ++at;
    if (at < text.size()) require(text[at++] == '\n');
  }
  require(at == message.header_end);
}

void check(std::string_view text, const mail::Limits& limits) {
  const mail::Message message = mail::parse_message(text, limits);
  require(message.header.fields().size() <= limits.header_fields);
  require(message.header_end <= message.body_offset && message.body_offset <= text.size());
  require(message.body == text.substr(message.body_offset));
  if (message.limits.empty()) check_fields(text, message);

  const mail::Authors authors = mail::find_authors(message.header, to_ascii);
  require(authors.domains.size() <= mail::max_author_mailboxes);
  for (const std::string& domain : authors.domains) {
    require(dns::parse_domain(domain).value_or("") == domain);
  }
  if (authors.problem.empty()) {
    require(authors.domains.size() == 1 && message.header.named("FROM").size() == 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  mail::Limits small;
  small.header_fields = 3;
  small.header_size = 64;
  using namespace std::string_view_literals;
  check(text, {});
  check(text, small);
  check(in_letters(text, "a: \t\r\n\n"), {});
  const std::string from = in_letters(text, "ab@@<>,;:.\"\\() \r\n\t[]=?\0\xc3\xbc"sv);
  check("From: " + from, {});
  check("From: " + from + "\nFrom : a@b.example\n\n", {});
  return 0;
}
