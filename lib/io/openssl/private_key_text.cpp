#include "lib/io/openssl/private_key_text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <new>
#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

constexpr bool is_base64_digit(char c) {
  return ascii::is_alnum(c) || c == '+' || c == '/';
}

// The decoder of lib/base would leave a copy behind that nobody wipes.
Expected<SecretBytes, std::string> decode_base64_secret(std::string_view text) {
  SecretBytes digits(text.size() + 3);
  std::size_t size = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (ascii::is_space(c)) continue;
    if (c == '=' ? ++padding > 2 : padding > 0 || !is_base64_digit(c)) {
      return refuse("has a character that base64 does not have");
    }
    digits.data()[size++] = static_cast<unsigned char>(c);
  }
  if (padding == 0) {  // rspamd reads keys without it too
    while (size % 4 != 0 && padding < 2) {
      digits.data()[size++] = '=';
      ++padding;
    }
  }
  if (size == 0) return refuse("is empty");
  if (size % 4 != 0) return refuse("ends in the middle of its base64");
  SecretBytes bytes(size / 4 * 3);
  const int decoded = EVP_DecodeBlock(bytes.data(), digits.data(), static_cast<int>(size));
  if (decoded < 0) return refuse("is not base64");
  bytes.shrink(static_cast<std::size_t>(decoded) - padding);
  return bytes;
}

// One "-----BEGIN LABEL-----" to "-----END LABEL-----".
struct PemBlock {
  std::string_view label;
  std::string_view content;
};

// Takes the next block off the text. Nothing when there is none; an empty label for one that does
// not end.
std::optional<PemBlock> take_block(std::string_view& text) {
  const std::size_t begin = text.find(begin_mark);
  if (begin == text.npos) return std::nullopt;
  text.remove_prefix(begin + begin_mark.size());
  const std::size_t label_end = text.find(dashes);
  const std::size_t line_end = text.find('\n');
  if (label_end == text.npos || line_end == text.npos || line_end < label_end) return PemBlock{};
  PemBlock block;
  block.label = text.substr(0, label_end);
  text.remove_prefix(label_end + dashes.size());
  const std::size_t end = text.find(end_mark);
  if (end == text.npos) return PemBlock{};
  block.content = text.substr(0, end);
  text.remove_prefix(end + end_mark.size());
  if (!text.starts_with(block.label)) return PemBlock{};
  return block;
}

// Why a block of that kind is no key for us; empty for one that may be. Labels are compared, never
// repeated: what stands there need not be a label.
std::string_view objection(const PemBlock& block) {
  if (block.label.empty()) return "is cut off: a PEM block does not end";
  if (block.label == "ENCRYPTED PRIVATE KEY" ||
      block.content.find("Proc-Type:") != block.content.npos) {
    return "is encrypted with a passphrase, which nobody could enter at start";
  }
  if (block.label == "PRIVATE KEY" || block.label == "RSA PRIVATE KEY") return {};
  if (block.label == "EC PRIVATE KEY") return "holds an EC key; DKIM has RSA and Ed25519";
  if (block.label == "DSA PRIVATE KEY") return "holds a DSA key; DKIM has RSA and Ed25519";
  if (block.label == "OPENSSH PRIVATE KEY") return "holds a key of SSH, not PKCS#8 or PKCS#1";
  return "holds a PEM block of another kind than a private key";
}

bool is_public_part(std::string_view label) {
  return label == "PUBLIC KEY" || label == "RSA PUBLIC KEY" || label == "CERTIFICATE" ||
         label == "EC PARAMETERS";
}

// The one private key among the blocks; what is public may stand beside it.
Expected<PemBlock, std::string> find_private_block(std::string_view text) {
  PemBlock found;
  while (true) {
    const std::optional<PemBlock> block = take_block(text);
    if (!block) break;
    if (is_public_part(block->label)) continue;
    if (const auto problem = objection(*block); !problem.empty()) {
      return refuse(std::string(problem));
    }
    if (!found.label.empty()) return refuse("holds more than one private key");
    found = *block;
  }
  if (found.label.empty()) return refuse("holds a public key or certificate, but no private key");
  return found;
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size)
    : capacity_(size == 0 ? 1 : size),
      size_(size),
      data_(static_cast<unsigned char*>(OPENSSL_secure_zalloc(capacity_))) {
  if (data_ == nullptr) throw std::bad_alloc();
}

SecretBytes::~SecretBytes() {
  OPENSSL_secure_clear_free(data_, capacity_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : capacity_(other.capacity_),
      size_(std::exchange(other.size_, 0)),
      data_(std::exchange(other.data_, nullptr)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(capacity_, other.capacity_);
  std::swap(size_, other.size_);
  std::swap(data_, other.data_);
  return *this;
}

Expected<PrivateKeyText, std::string> decode_private_key_text(std::string_view text) {
  PrivateKeyText::Form form = PrivateKeyText::Form::bare;
  if (text.find(begin_mark) != text.npos) {
    const auto block = find_private_block(text);
    if (!block) return refuse(block.error());
    form =
        block->label == "PRIVATE KEY" ? PrivateKeyText::Form::pkcs8 : PrivateKeyText::Form::pkcs1;
    text = block->content;
  }
  auto bytes = decode_base64_secret(text);
  if (!bytes) return refuse(std::move(bytes.error()));
  return PrivateKeyText{form, std::move(*bytes)};
}

}  // namespace postern::io
