#include "lib/dnslist/answer.hpp"

#include <algorithm>
#include <cstdint>

namespace postern::dnslist {
namespace {

constexpr std::uint32_t host_itself = 0x7f000001;  // 127.0.0.1: some lists refuse with it
constexpr std::uint32_t refusals = 0x7fffff00;     // 127.255.255.0/24: the others
constexpr std::uint32_t refusal_mask = 0xffffff00;
constexpr std::uint32_t allow_refusal = 0x7f0000ff;  // 127.0.0.255: lists that vouch for clients

std::uint32_t number_of(const IpAddress& address) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | address.bytes()[i];
  return number;
}

bool is_refusal(const List& list, std::uint32_t number) {
  return (number & refusal_mask) == refusals || number == host_itself ||
         (list.weight < 0 && number == allow_refusal);
}

bool counts(const List& list, std::uint32_t number) {
  return list.codes.empty() ||
         std::any_of(list.codes.begin(), list.codes.end(),
                     [number](const Code& code) { return code.matches(number); });
}

Reading failure(std::string problem, bool refused = false) {
  return {false, {}, std::move(problem), refused};
}

}  // namespace

Reading read_answer(const List& list, const dns::Answer& answer) {
  if (answer.status == dns::Status::timeout) return failure("does not answer");
  if (answer.status == dns::Status::servfail) return failure("its name servers fail");
  if (answer.status == dns::Status::not_asked) return failure("was not asked: too many questions");
  Reading reading;
  // One record that no list may give spoils the others: they are not about this client either.
  for (const IpAddress& address : answer.addresses) {
    const std::uint32_t number = number_of(address);
    if (!address.is_v4() || (number >> 24) != 127) {
      return failure("answers " + address.text() + ", so its domain may have expired");
    }
    if (is_refusal(list, number)) return failure("refuses us with " + address.text(), true);
    if (!reading.listed && counts(list, number)) {
      reading.listed = true;
      reading.code = address.text();
    }
  }
  return reading;
}

}  // namespace postern::dnslist
