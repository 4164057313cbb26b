// Any octets as a request of spamc. Invariant: a head that was read ends within what came, no
// longer input reads it differently, and everything that is answered is one reply.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antispam/spamd/protocol.hpp"

using postern::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace spamd = postern::antispam::spamd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = spamd::read_head(bytes, false);
  if (!head) {
    require(spamd::format_refusal(head.error()).ends_with("\r\n"));
    return 0;
  }
  if (!*head) {
    require(!spamd::read_head(bytes, true));
    return 0;
  }
  require((*head)->size <= size);
  const auto longer = spamd::read_head(std::string(bytes) + "more", false);
  require(longer && *longer && (*longer)->size == (*head)->size);
  require(
      spamd::format_answer((*head)->request, {true, "1.0", "5.0", "x"}).starts_with("SPAMD/1."));
  return 0;
}
