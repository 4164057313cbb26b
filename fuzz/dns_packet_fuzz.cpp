// Any bytes may come as a DNS message; what is read of them is bounded and in the one form of
// names.
#include <algorithm>
#include <cstdint>
#include <span>

#include "fuzz/support.hpp"
#include "lib/dns/name.hpp"
#include "lib/io/resolver/packet.hpp"

using namespace postern;
using fuzz::require;

namespace {

bool is_name(const std::string& name) {
  const auto parsed = dns::parse_name(name);
  return parsed && *parsed == name;
}

// A record of `size` octets in the message can give no more text than that.
void check(const dns::Answer& answer, std::size_t size) {
  const std::size_t records = answer.record_count();
  require(records <= io::max_records);
  require((answer.status == dns::Status::success) == (records > 0));
  require(std::all_of(answer.names.begin(), answer.names.end(), is_name));
  for (const dns::MxRecord& mx : answer.exchanges)
    require(mx.exchange.empty() || is_name(mx.exchange));
  std::size_t text = 0;
  for (const std::string& record : answer.texts) text += record.size();
  require(text <= size);
  for (const dns::TlsaRecord& record : answer.tlsa) require(record.data_size < size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using dns::Type;
  for (const Type type :
       {Type::a, Type::aaaa, Type::mx, Type::txt, Type::ptr, Type::tlsa, Type::ns}) {
    const auto decoded = io::decode_answer(std::span(data, size), {"example.org", type});
    check(decoded.answer, size);
    const auto again = io::decode_answer(std::span(data, size), {"example.org", type});
    require(again.answer.texts == decoded.answer.texts && again.ttl == decoded.ttl);
    require(again.answer.tlsa == decoded.answer.tlsa);
  }
  return 0;
}
