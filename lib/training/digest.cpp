#include "lib/training/digest.hpp"

#include "lib/training/event.hpp"

namespace postern::training {

std::string digest_of(std::string_view text, const dkim::Crypto& crypto) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto hasher = crypto.sha256();
  hasher->update(text);
  std::string hex;
  for (const std::uint8_t octet : hasher->finish()) hex += {digits[octet >> 4], digits[octet & 15]};
  return hex;
}

std::string import_id(std::string_view hash) {
  const std::string id = "import-" + std::string(hash);
  return id.substr(0, max_id_size);
}

}  // namespace postern::training
