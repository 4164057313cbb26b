#include "lib/dkim/signer.hpp"

#include <optional>
#include <utility>

#include "lib/dkim/signature_maker.hpp"

namespace postern::dkim {

struct Signer::State {
  SignatureMaker maker;
  std::vector<SigningKey> keys;
  std::optional<std::int64_t> lifetime;
};

Signer::Signer(const mail::HeaderSection& header, const Crypto& crypto, BodyHasher& body,
               const SigningPolicy& policy, std::vector<SigningKey> keys)
    : state_(new State{SignatureMaker(header, crypto, body, select_fields(header, policy)),
                       std::move(keys), policy.lifetime}) {}

Signer::~Signer() = default;

std::vector<std::string> Signer::sign(std::int64_t now) const {
  std::vector<std::string> fields;
  if (!state_->maker.can_sign()) return fields;
  for (const SigningKey& key : state_->keys) {
    fields.push_back(state_->maker.make("DKIM-Signature", {"v", "1"}, key, now, state_->lifetime));
  }
  return fields;
}

}  // namespace postern::dkim
