// Any octets as Received fields: bounded work, and texts of relays that can be read back.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/antispam/relays/parse_received.hpp"
#include "lib/antispam/relays/read_relays.hpp"

using namespace postern;
using namespace postern::antispam;
using fuzz::require;

namespace {

constexpr std::size_t max_fields = 64;

std::vector<std::string> fields_of(std::string_view text) {
  std::vector<std::string> fields;
  while (!text.empty() && fields.size() < max_fields) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    fields.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

bool is_safe(std::string_view text) {
  return text.find_first_of(std::string_view(" \t\n\v\f\r\0#[]()<>|", 15)) == text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> fields = fields_of(fuzz::text_of(data, size));
  StepBudget budget{max_received_steps};
  for (const std::string& field : fields) {
    const received::ReceivedLine line = received::parse_received(field, budget);
    if (line.kind != received::ReceivedLine::Kind::relay) continue;
    const Relay& relay = line.relay;
    require(is_safe(relay.ip) && is_safe(relay.rdns) && is_safe(relay.helo) && is_safe(relay.by));
    require(is_safe(relay.ident) && is_safe(relay.envfrom));
  }
  const RelayChain chain = read_relays(fields, fields, Options());
  require(chain.unparseable <= 2 * fields.size() && chain.all.size() <= 2 * fields.size());
  require(chain.internal.size() + chain.external.size() ==
          chain.trusted.size() + chain.untrusted.size());
  require(chain.last_trusted_index >= chain.last_internal_index);
  return 0;
}
