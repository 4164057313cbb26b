#include "lib/dkim/der.hpp"

#include <cstdint>

namespace postern::dkim {
namespace {

constexpr char integer_tag = 0x02;
constexpr char bit_string_tag = 0x03;
constexpr char sequence_tag = 0x30;

// AlgorithmIdentifier content of rsaEncryption, 1.2.840.113549.1.1.1, with and without the NULL
// that RFC 3279 §2.3.1 wants as parameters.
constexpr std::string_view rsa_with_null("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
                                         13);
constexpr std::string_view rsa_without_null = rsa_with_null.substr(0, 11);

// Walks over the elements of one DER content.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text), size_(text.size()) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(char tag) const { return !rest_.empty() && rest_.front() == tag; }

  // The content of the next element, which must have this tag.
  Parsed<std::string_view> take(char tag) {
    if (!next_is(tag)) return error("unexpected DER element");
    rest_.remove_prefix(1);
    const auto length = take_length();
    if (!length) return Unexpected<ParseError>(length.error());
    if (*length > rest_.size()) return error("DER element is longer than what holds it");
    const std::string_view content = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return content;
  }

 private:
  [[nodiscard]] Unexpected<ParseError> error(std::string_view problem) const {
    return parse_error(size_ - rest_.size(), problem);
  }

  // One octet below 128, or a count of octets (at most two: a key record is smaller than 64 KB) and
  // then the length.
  Parsed<std::size_t> take_length() {
    if (rest_.empty()) return error("DER length is missing");
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (first < 0x80) return first;
    const std::size_t count = first & 0x7fU;
    if (count == 0 || count > 2 || count > rest_.size()) return error("DER length is not usable");
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) {
      length = length << 8 | static_cast<std::uint8_t>(rest_[i]);
    }
    rest_.remove_prefix(count);
    const std::size_t smallest = count == 1 ? 0x80 : 0x100;
    if (length < smallest) return error("DER length is not minimal");
    return length;
  }

  std::string_view rest_;
  std::size_t size_;
};

Parsed<std::string> take_number(Reader& reader) {
  auto content = reader.take(integer_tag);
  if (!content) return Unexpected<ParseError>(content.error());
  if (content->empty()) return parse_error(0, "DER integer is empty");
  if (static_cast<std::uint8_t>(content->front()) >= 0x80) {
    return parse_error(0, "number in the key is negative");
  }
  while (!content->empty() && content->front() == '\0') content->remove_prefix(1);
  return std::string(*content);
}

Parsed<RsaNumbers> take_numbers(Reader& reader) {
  auto modulus = take_number(reader);
  if (!modulus) return Unexpected<ParseError>(modulus.error());
  auto exponent = take_number(reader);
  if (!exponent) return Unexpected<ParseError>(exponent.error());
  if (!reader.at_end()) return parse_error(0, "octets after the RSA key");
  return RsaNumbers{std::move(*modulus), std::move(*exponent)};
}

// The content of SubjectPublicKeyInfo: what kind of key, then the key in a bit string.
Parsed<RsaNumbers> parse_subject_public_key_info(Reader info) {
  const auto algorithm = info.take(sequence_tag);
  if (!algorithm) return Unexpected<ParseError>(algorithm.error());
  if (*algorithm != rsa_with_null && *algorithm != rsa_without_null) {
    return parse_error(0, "key is not of type RSA");
  }
  auto bits = info.take(bit_string_tag);
  if (!bits) return Unexpected<ParseError>(bits.error());
  if (!bits->starts_with('\0')) return parse_error(0, "bit string of the key has unused bits");
  if (!info.at_end()) return parse_error(0, "octets after the public key");
  Reader wrapped(bits->substr(1));
  const auto key = wrapped.take(sequence_tag);
  if (!key) return Unexpected<ParseError>(key.error());
  if (!wrapped.at_end()) return parse_error(0, "octets after the RSA key");
  Reader numbers(*key);
  return take_numbers(numbers);
}

}  // namespace

Parsed<RsaNumbers> parse_rsa_key(std::string_view der) {
  Reader whole(der);
  const auto content = whole.take(sequence_tag);
  if (!content) return Unexpected<ParseError>(content.error());
  if (!whole.at_end()) return parse_error(0, "octets after the public key");
  Reader inner(*content);
  return inner.next_is(integer_tag) ? take_numbers(inner) : parse_subject_public_key_info(inner);
}

}  // namespace postern::dkim
