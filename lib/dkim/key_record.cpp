#include "lib/dkim/key_record.hpp"

#include "lib/base/base64.hpp"

namespace postern::dkim {
namespace {

using namespace std::string_view_literals;

constexpr char integer_tag = 0x02;
constexpr char bit_string_tag = 0x03;
constexpr char sequence_tag = 0x30;

// AlgorithmIdentifier of rsaEncryption with the NULL that RFC 3279 §2.3.1 wants as parameters.
constexpr auto rsa_algorithm = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"sv;

// One DER element: its length in one octet below 128, else after a count of octets.
std::string element(char tag, std::string_view content) {
  std::string length;
  for (std::size_t rest = content.size(); rest != 0; rest >>= 8) {
    length.insert(length.begin(), static_cast<char>(rest & 0xff));
  }
  std::string der(1, tag);
  if (content.size() >= 0x80) {
    der += static_cast<char>(0x80 | length.size());
    der += length;
  } else {
    der += static_cast<char>(content.size());
  }
  return der.append(content);
}

// A zero goes before a top bit that is set, since it would mean a negative number.
std::string integer(std::string_view number) {
  const bool needs_zero = number.empty() || static_cast<unsigned char>(number.front()) >= 0x80;
  return element(integer_tag, (needs_zero ? std::string(1, '\0') : "") + std::string(number));
}

std::string subject_public_key_info(const PublicKey& key) {
  const std::string numbers = element(sequence_tag, integer(key.modulus) + integer(key.exponent));
  const std::string bits = element(bit_string_tag, std::string(1, '\0') + numbers);
  return element(sequence_tag, std::string(rsa_algorithm) + bits);
}

}  // namespace

std::string format_key_record(const PublicKey& key) {
  switch (key.type) {
    case PublicKey::Type::rsa:
      return "v=DKIM1; k=rsa; p=" + encode_base64(subject_public_key_info(key));
    case PublicKey::Type::ed25519: return "v=DKIM1; k=ed25519; p=" + encode_base64(key.point);
  }
  return {};
}

std::vector<std::string> split_character_strings(std::string_view text) {
  std::vector<std::string> strings;
  do {
    strings.emplace_back(text.substr(0, max_character_string_size));
    text.remove_prefix(strings.back().size());
  } while (!text.empty());
  return strings;
}

}  // namespace postern::dkim
