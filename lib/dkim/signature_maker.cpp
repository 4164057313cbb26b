#include "lib/dkim/signature_maker.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/base/base64.hpp"
#include "lib/dkim/header_hasher.hpp"

namespace postern::dkim {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::int64_t max_time = 999'999'999'999;  // RFC 6376 §3.5: 12 digits

// How often a name stands in h= beyond its occurrences.
enum class Extra { none, one, one_if_present };

// The names of a policy, the strictest wish for each first, since a name counts once.
class Selection {
 public:
  explicit Selection(const mail::HeaderSection& header) : header_(header) {}

  void add(std::string_view any_case_name, Extra extra) {
    std::string name = ascii::to_lower(any_case_name);
    if (!is_signable_name(name) || is_too_large_ || !known_.insert(name).second) return;
    const auto positions = header_.named(name);
    const bool is_oversigned =
        extra == Extra::one || (extra == Extra::one_if_present && !positions.empty());
    const std::size_t count = positions.size() + (is_oversigned ? 1 : 0);
    if (count > max_names_size || count * (name.size() + 1) > max_names_size - size_) {
      is_too_large_ = true;
      return;
    }
    size_ += count * (name.size() + 1);
    fields_.positions.insert(fields_.positions.end(), positions.rbegin(), positions.rend());
    fields_.names.insert(fields_.names.end(), count, name);
  }

  SignedFields take() { return is_too_large_ ? SignedFields() : std::move(fields_); }

 private:
  const mail::HeaderSection& header_;
  std::set<std::string> known_;
  SignedFields fields_;
  std::size_t size_ = 0;  // of the names with a colon each
  bool is_too_large_ = false;
};

}  // namespace

SignedFields select_fields(const mail::HeaderSection& header, const SigningPolicy& policy) {
  Selection selection(header);
  selection.add("from", Extra::one);
  for (const auto& name : policy.oversigned_names) selection.add(name, Extra::one);
  for (const auto& name : policy.oversigned_if_present) selection.add(name, Extra::one_if_present);
  for (const auto& name : policy.signed_names) selection.add(name, Extra::none);
  return selection.take();
}

std::string_view to_algorithm(PublicKey::Type type) {
  switch (type) {
    case PublicKey::Type::rsa: return "rsa-sha256";
    case PublicKey::Type::ed25519: return "ed25519-sha256";
  }
  return "";
}

std::string to_time(std::int64_t now) {
  return std::to_string(std::clamp<std::int64_t>(now, 0, max_time));
}

std::string sign_field(const Hasher& hasher, std::string_view field_name, std::string_view body,
                       const PrivateKey& key) {
  const auto hash = hasher.clone();
  hash->update(canonicalize_relaxed(field_name, body));
  return encode_base64(key.sign(hash->finish()));
}

SignatureMaker::SignatureMaker(const mail::HeaderSection& header, const Crypto& crypto,
                               BodyHasher& body, SignedFields fields)
    : header_(header),
      crypto_(crypto),
      body_(body),
      fields_(std::move(fields)),
      body_request_(can_sign() ? body.request(Canonicalization::relaxed, std::nullopt) : 0) {}

const Hasher& SignatureMaker::header_hash() {
  if (header_hash_) return *header_hash_;
  header_hash_ = crypto_.sha256();
  HeaderHasher forms(header_);
  for (const std::uint32_t position : fields_.positions) {
    header_hash_->update(forms.relaxed(position));
    header_hash_->update(crlf);
  }
  return *header_hash_;
}

std::string SignatureMaker::make(std::string_view field_name, const FirstTag& first,
                                 const SigningKey& key, std::int64_t now,
                                 std::optional<std::int64_t> lifetime) {
  const Digest& hash = body_.digest(body_request_);
  const std::int64_t time = std::clamp<std::int64_t>(now, 0, max_time);
  TagWriter tags(field_name);
  tags.add(first.name, first.value);
  tags.add("a", to_algorithm(key.key->public_key().type));
  tags.add("c", "relaxed/relaxed");
  tags.add("d", key.domain);
  tags.add("s", key.selector);
  tags.add("t", to_time(now));
  if (lifetime && *lifetime > 0 && time < max_time) {
    tags.add("x", std::to_string(time + std::min(*lifetime, max_time - time)));
  }
  tags.add_list("h", fields_.names);
  tags.add("bh", encode_base64(std::string(hash.begin(), hash.end())));
  tags.add_empty("b");
  tags.append_base64(sign_field(header_hash(), field_name, tags.body(), *key.key));
  return tags.body();
}

}  // namespace postern::dkim
