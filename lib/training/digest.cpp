#include "lib/training/digest.hpp"

#include "lib/base/hex.hpp"
#include "lib/training/event.hpp"

namespace postern::training {

std::string digest_of(std::string_view text, const dkim::Crypto& crypto) {
  const auto hasher = crypto.sha256();
  hasher->update(text);
  return hexadecimal(hasher->finish());
}

std::string import_id(std::string_view hash) {
  const std::string id = "import-" + std::string(hash);
  return id.substr(0, max_id_size);
}

}  // namespace postern::training
