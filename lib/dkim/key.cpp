#include "lib/dkim/key.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "lib/base/base64.hpp"
#include "lib/dkim/der.hpp"
#include "lib/dkim/tag_list.hpp"
#include "lib/dns/name.hpp"

namespace postern::dkim {
namespace {

constexpr std::size_t ed25519_size = 32;  // RFC 8463 §4
constexpr unsigned ed25519_bits = 256;

bool is_odd(std::string_view number) {
  return !number.empty() && (static_cast<unsigned char>(number.back()) & 1U) != 0;
}

unsigned count_bits(std::string_view number) {
  if (number.empty()) return 0;
  const auto top = static_cast<unsigned>(std::bit_width(static_cast<unsigned char>(number[0])));
  return static_cast<unsigned>(number.size() - 1) * 8 + top;
}

bool is_usable_exponent(std::string_view exponent) {
  if (!is_odd(exponent) || exponent.size() > sizeof(std::uint64_t)) return false;
  std::uint64_t value = 0;
  for (const char c : exponent) value = value << 8 | static_cast<unsigned char>(c);
  return value >= 3 && value <= max_rsa_exponent;
}

// Whether a colon-separated list names the word; an absent tag allows everything.
bool allows(const Tag* tag, std::string_view word, std::string_view other_word) {
  if (tag == nullptr) return true;
  const auto items = split_value(tag->value);
  return std::any_of(items.begin(), items.end(),
                     [&](auto item) { return item == word || item == other_word; });
}

bool has_flag(const Tag* flags, std::string_view flag) {
  return flags != nullptr && allows(flags, flag, flag);
}

Parsed<KeyRecord> parse_rsa(std::string_view bytes, KeyRecord record) {
  auto numbers = parse_rsa_key(bytes);
  if (!numbers) return Unexpected<ParseError>(numbers.error());
  if (!is_odd(numbers->modulus)) return parse_error(0, "RSA modulus is even");
  if (!is_usable_exponent(numbers->exponent)) return parse_error(0, "RSA exponent is not usable");
  record.bits = count_bits(numbers->modulus);
  record.key.modulus = std::move(numbers->modulus);
  record.key.exponent = std::move(numbers->exponent);
  return record;
}

Parsed<KeyRecord> parse_ed25519(std::string bytes, KeyRecord record) {
  if (bytes.size() != ed25519_size) return parse_error(0, "Ed25519 key has the wrong size");
  record.bits = ed25519_bits;
  record.key.point = std::move(bytes);
  return record;
}

Parsed<PublicKey::Type> parse_type(const Tag* type) {
  if (type == nullptr || type->value == "rsa") return PublicKey::Type::rsa;
  if (type->value == "ed25519") return PublicKey::Type::ed25519;
  return parse_error(type->begin, "unknown key type");
}

KeyChoice refuse(std::string reason) {
  return {std::nullopt, authres::Result::permerror, std::move(reason)};
}

// Why a record cannot serve the signature; empty if it can.
std::string objection(const KeyRecord& record, PublicKey::Type type, const Limits& limits) {
  if (record.revoked) return "key is revoked";
  if (record.key.type != type) return "key is of another type than the signature";
  if (!record.allows_sha256) return "key may not be used with sha256";
  if (!record.allows_email) return "key is not for email";
  if (type == PublicKey::Type::ed25519) return {};
  const std::string size = "RSA key of " + std::to_string(record.bits) + " bits";
  if (record.bits < limits.min_rsa_bits) return size + " is too small (RFC 8301)";
  if (record.bits > limits.max_rsa_bits) return size + " is too large";
  return {};
}

}  // namespace

Parsed<KeyRecord> parse_key_record(std::string_view text) {
  const auto tags = parse_tag_list(text);
  if (!tags) return Unexpected<ParseError>(tags.error());
  if (const Tag* version = tags->find("v")) {
    const bool is_first = version == &tags->tags().front();
    if (!is_first || version->value != "DKIM1") return parse_error(0, "not a DKIM1 key record");
  }
  const auto type = parse_type(tags->find("k"));
  if (!type) return Unexpected<ParseError>(type.error());
  const Tag* data = tags->find("p");
  if (data == nullptr) return parse_error(text.size(), "key record without p=");

  KeyRecord record;
  record.key.type = *type;
  record.revoked = data->value.empty();
  record.allows_sha256 = allows(tags->find("h"), "sha256", "sha256");
  record.allows_email = allows(tags->find("s"), "email", "*");
  record.testing = has_flag(tags->find("t"), "y");
  record.same_domain_only = has_flag(tags->find("t"), "s");
  if (record.revoked) return record;
  auto bytes = decode_base64(data->value);
  if (!bytes) return parse_error(data->begin, "key is not base64");
  if (*type == PublicKey::Type::rsa) return parse_rsa(*bytes, std::move(record));
  return parse_ed25519(std::move(*bytes), std::move(record));
}

KeyChoice choose_key(const dns::Answer& answer, PublicKey::Type type, const Limits& limits) {
  if (answer.is_failure()) {
    return {std::nullopt, authres::Result::temperror,
            answer.status == dns::Status::timeout ? "DNS timeout for key" : "DNS failure for key"};
  }
  if (answer.is_void() || answer.texts.empty()) return refuse("no key for signature");
  KeyChoice choice = refuse({});
  for (const std::string& text : answer.texts) {
    auto record =
        text.size() > limits.key_record_size ? parse_error(0, "too long") : parse_key_record(text);
    if (!record) {
      if (choice.reason.empty()) choice.reason = std::string(record.error().problem);
      continue;
    }
    if (choice.key) return refuse("more than one key record");
    choice.key = std::move(*record);
  }
  if (!choice.key) {
    choice.reason.insert(0, "bad key record: ");
    return choice;
  }
  choice.reason = objection(*choice.key, type, limits);
  if (choice.reason.empty()) choice.result = authres::Result::none;
  return choice;
}

std::optional<dns::Question> key_question(std::string_view selector, std::string_view domain) {
  std::string name(selector);
  name.append("._domainkey.").append(domain);
  auto checked = dns::parse_name(name);
  if (!checked) return std::nullopt;
  return dns::Question{std::move(*checked), dns::Type::txt};
}

}  // namespace postern::dkim
