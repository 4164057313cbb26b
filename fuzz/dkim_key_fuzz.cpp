// Any bytes may come as key record or DER: a key that is accepted is within its limits.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/base/base64.hpp"
#include "lib/dkim/der.hpp"
#include "lib/dkim/key.hpp"

using namespace postern;
using fuzz::require;

namespace {

void check_der(std::string_view der) {
  const auto numbers = dkim::parse_rsa_key(der);
  if (!numbers) return;
  require(der.find(numbers->modulus) != der.npos && der.find(numbers->exponent) != der.npos);
  require(numbers->modulus.size() + numbers->exponent.size() + 4 <= der.size());
  require(!numbers->modulus.starts_with('\0') && !numbers->exponent.starts_with('\0'));
}

void check_record(const std::string& text) {
  const auto record = dkim::parse_key_record(text);
  if (record && !record->revoked && record->key.type == dkim::PublicKey::Type::rsa) {
    require(record->bits > 0 && record->bits <= record->key.modulus.size() * 8);
    require(record->key.exponent.size() <= 5 && !record->key.exponent.empty());
    require((record->key.modulus.back() & record->key.exponent.back() & 1) == 1);
  }
  dns::Answer answer;
  answer.status = dns::Status::success;
  answer.texts = {text};
  for (const auto type : {dkim::PublicKey::Type::rsa, dkim::PublicKey::Type::ed25519}) {
    const dkim::KeyChoice choice = dkim::choose_key(answer, type, {});
    if (!choice.is_usable()) {
      require(!choice.reason.empty());
      continue;
    }
    const dkim::PublicKey& key = choice.key->key;
    require(record && key.type == type && text.size() <= dkim::Limits().key_record_size);
    const bool is_rsa = type == dkim::PublicKey::Type::rsa;
    require(is_rsa ? key.modulus.size() >= 128 && key.modulus.size() <= 512
                   : key.point.size() == 32);
  }
}

// Octets that DER keys are made of, so that nesting comes about.
std::string make_der(std::string_view bytes) {
  using namespace std::string_view_literals;
  return fuzz::in_letters(bytes,
                          "\x30\x02\x03\x00\x01\x05\x06\x09\x04\x80\x81\x82\x0b\x0d\x7f\x11"sv);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const std::string small = make_der(bytes);
  check_der(bytes);
  check_der(small);
  check_record(std::string(bytes));
  check_record("v=DKIM1; p=" + encode_base64(bytes));
  check_record("v=DKIM1; p=" + encode_base64(small));
  check_record("k=ed25519; p=" + encode_base64(bytes));
  // A key around the bytes as modulus reaches the limits of size.
  std::string modulus(1, '\x7f');
  modulus.append(bytes.substr(0, 700)).append(1, '\x01');
  const auto length = [](std::size_t n) {
    return std::string{'\x82', static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
  };
  if (modulus.size() >= 0x100) {
    const std::string inner = "\x02" + length(modulus.size()) + modulus + "\x02\x01\x03";
    check_record("p=" + encode_base64("\x30" + length(inner.size()) + inner));
  }
  return 0;
}
