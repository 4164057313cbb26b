// Any bytes as an address list: views lie inside the text, and what format writes is read back.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/mail/address.hpp"

using namespace postern;
using fuzz::is_inside;
using fuzz::require;

namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
}

void check_round_trip(const mail::Mailbox& mailbox) {
  const std::string text = mail::format(mailbox);
  require(!has_control(text));
  const mail::AddressList again = mail::parse_address_list(text);
  require(again.mailboxes.size() == 1 && again.unreadable.empty() && again.groups.empty());
  const mail::Mailbox& read = again.mailboxes.front();
  const bool is_plain = !has_control(mailbox.display_name) && !has_control(mailbox.local_part) &&
                        !has_control(mailbox.domain);
  if (!is_plain) return;
  require(read.display_name == mailbox.display_name);
  require(read.local_part == mailbox.local_part);
  require(read.domain == mailbox.domain);
}

void check(std::string_view text, const mail::Limits& limits) {
  const mail::AddressList list = mail::parse_address_list(text, limits);
  require(list.mailboxes.size() + list.unreadable.size() <= limits.addresses);
  for (const mail::Mailbox& mailbox : list.mailboxes) {
    require(is_inside(mailbox.raw, text) && !mailbox.domain.empty());
    require(mailbox.group == mail::no_group || mailbox.group < list.groups.size());
    check_round_trip(mailbox);
  }
  for (const std::string_view member : list.unreadable) require(is_inside(member, text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  mail::Limits small;
  small.addresses = 2;
  small.member_tokens = 7;
  check(text, {});
  check(text, small);
  const std::string reduced = fuzz::in_letters(text, "ab@@<>,;:.\"\\() \r\n[]");
  check(reduced, {});
  check(reduced, small);
  return 0;
}
