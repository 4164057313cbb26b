#include "lib/io/idn2/to_ascii_domain.hpp"

#include <idn2.h>

#include <algorithm>

#include "lib/dns/name.hpp"
#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

// 253 octets of A-labels need fewer octets of UTF-8 than this.
constexpr std::size_t max_utf8_size = 1024;

std::optional<std::string> checked(std::string_view ascii_domain) {
  auto domain = dns::parse_domain(ascii_domain);
  if (!domain) return std::nullopt;
  return std::move(*domain);
}

}  // namespace

std::optional<std::string> to_ascii_domain(std::string_view domain) {
  const bool is_ascii = std::all_of(domain.begin(), domain.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) return checked(domain);
  if (domain.size() > max_utf8_size || domain.find('\0') != domain.npos) return std::nullopt;
  const std::string text(domain);
  std::uint8_t* looked_up = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &looked_up,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const CHandle<std::uint8_t, idn2_free> owner(looked_up);
  if (status != IDN2_OK || looked_up == nullptr) return std::nullopt;
  return checked(reinterpret_cast<const char*>(looked_up));
}

}  // namespace postern::io
