#include "lib/dkim/verifier.hpp"

#include <algorithm>

#include "lib/dkim/header_hasher.hpp"
#include "lib/dkim/key.hpp"

namespace postern::dkim {
namespace {

using authres::Result;

constexpr std::string_view field_name = "DKIM-Signature";

// One signature and what its verification needs.
struct Item {
  std::uint32_t position = 0;
  SignatureField field;
  std::optional<dns::Question> question;  // nothing when there is nothing to verify
  std::size_t body_request = 0;
  bool asks_first = false;  // no item above has the same question
};

Outcome describe(const Item& item) {
  const Signature& signature = item.field.signature;
  Outcome outcome;
  outcome.domain = signature.domain;
  outcome.selector = signature.selector;
  outcome.agent_id = signature.agent_id;
  outcome.algorithm = signature.algorithm;
  outcome.signature_prefix = signature.value_prefix;
  outcome.dns_queries = item.asks_first ? 1 : 0;
  return outcome;
}

Outcome& conclude(Outcome& outcome, Result result, std::string reason) {
  outcome.result = result;
  outcome.reason = std::move(reason);
  return outcome;
}

// Whether t= and x= forbid the signature now; the outcome then says so.
bool is_out_of_time(const Signature& signature, std::int64_t now, std::int64_t skew,
                    Outcome& outcome) {
  if (signature.expiration && *signature.expiration < now) {
    conclude(outcome, Result::fail, "signature expired");
    return true;
  }
  if (signature.timestamp && *signature.timestamp > now && *signature.timestamp - now > skew) {
    conclude(outcome, Result::policy, "signature is from the future");
    return true;
  }
  return false;
}

}  // namespace

struct Verifier::State {
  const Crypto& crypto;
  BodyHasher& body;
  Limits limits;
  HeaderHasher header;
  std::vector<Item> items;       // those that are looked at
  std::size_t beyond_limit = 0;  // how many more there are

  void add(const mail::HeaderField& field, std::uint32_t position, ToAsciiDomain to_ascii);
  [[nodiscard]] Outcome verify(const Item& item, const dns::Answer* key, std::int64_t now);
  void check_key_and_value(const Item& item, const KeyChoice& key, Outcome& outcome);
  void check_value(const Item& item, const PublicKey& key, Outcome& outcome);
  [[nodiscard]] bool is_body_right(const Item& item) const;
  void add_rest(std::vector<Outcome>& outcomes) const;
};

void Verifier::State::add(const mail::HeaderField& field, std::uint32_t position,
                          ToAsciiDomain to_ascii) {
  Item item;
  item.position = position;
  if (field.body.size() > limits.signature_field_size) {
    item.field.problem = "signature field is too long";
  } else {
    item.field = parse_signature(field.body, to_ascii);
  }
  const Signature& signature = item.field.signature;
  if (item.field.problem.empty()) {
    item.question = key_question(signature.selector, signature.domain);
    if (!item.question) item.field.problem = "name of the key is too long";
  }
  if (item.question) {
    item.body_request = body.request(signature.body_canonicalization, signature.body_length);
    item.asks_first = std::none_of(items.begin(), items.end(), [&](const Item& earlier) {
      return earlier.question == item.question;
    });
  }
  items.push_back(std::move(item));
}

bool Verifier::State::is_body_right(const Item& item) const {
  return body.digest(item.body_request) == item.field.signature.body_hash;
}

Outcome Verifier::State::verify(const Item& item, const dns::Answer* key, std::int64_t now) {
  const Signature& signature = item.field.signature;
  Outcome outcome = describe(item);
  if (key == nullptr) {
    return conclude(outcome, Result::permerror, std::string(item.field.problem));
  }
  if (is_out_of_time(signature, now, limits.clock_skew, outcome)) return outcome;
  const std::uint64_t body_size = body.size(signature.body_canonicalization);
  const std::uint64_t length = signature.body_length.value_or(body_size);
  if (length > body_size) {
    return conclude(outcome, Result::permerror, "l= is larger than the body");
  }
  outcome.partial_body = length < body_size;
  outcome.key_security = key->security;
  check_key_and_value(item, choose_key(*key, signature.key_type, limits), outcome);
  if (outcome.result == Result::pass && outcome.partial_body) {
    outcome.reason =
        "l= covers " + std::to_string(length) + " of " + std::to_string(body_size) + " octets";
  }
  return outcome;
}

void Verifier::State::check_key_and_value(const Item& item, const KeyChoice& key,
                                          Outcome& outcome) {
  if (key.key) {
    outcome.key_bits = key.key->bits;
    outcome.testing = key.key->testing;
  }
  // A changed body cannot verify whatever the key says: no reason to let the sender try again.
  const bool may_judge_body = key.is_usable() || key.result == Result::temperror;
  if (may_judge_body && !is_body_right(item)) {
    conclude(outcome, Result::fail, "body hash did not verify");
  } else if (!key.is_usable() || !key.key) {
    conclude(outcome, key.result, key.reason);
  } else if (key.key->same_domain_only && !item.field.signature.agent_is_domain()) {
    conclude(outcome, Result::permerror, "i= is below d=, which the key forbids");
  } else {
    check_value(item, key.key->key, outcome);
  }
}

void Verifier::State::check_value(const Item& item, const PublicKey& key, Outcome& outcome) {
  const Signature& signature = item.field.signature;
  const HeaderHasher::Result hash = header.hash(crypto, signature, item.position);
  if (crypto.verify(key, hash.digest, signature.value)) {
    conclude(outcome, Result::pass, {});
  } else if (hash.has_cut_field) {
    conclude(outcome, Result::neutral, "a signed header field was cut by the MTA");
  } else {
    conclude(outcome, Result::fail, "signature did not verify");
  }
}

void Verifier::State::add_rest(std::vector<Outcome>& outcomes) const {
  Outcome rest;
  conclude(rest, Result::policy, "too many signatures");
  for (std::size_t i = 0; i < beyond_limit; ++i) {
    if (outcomes.size() + 1 == max_outcomes && i + 1 < beyond_limit) {
      rest.reason += ", as are " + std::to_string(beyond_limit - i - 1) + " more";
    }
    if (outcomes.size() == max_outcomes) return;
    outcomes.push_back(rest);
  }
}

Verifier::Verifier(const mail::HeaderSection& header, const Crypto& crypto, ToAsciiDomain to_ascii,
                   BodyHasher& body, const Limits& limits)
    : state_(new State{crypto, body, limits, HeaderHasher(header), {}, 0}) {
  const auto positions = header.named(field_name);
  const std::size_t most = std::min<std::size_t>(limits.signatures, max_outcomes);
  for (const std::uint32_t position : positions.first(std::min(positions.size(), most))) {
    state_->add(header.fields()[position], position, to_ascii);
  }
  state_->beyond_limit = positions.size() - state_->items.size();
}

Verifier::~Verifier() = default;

dns::Questions Verifier::questions() const {
  dns::Questions questions;
  for (const Item& item : state_->items) {
    if (item.asks_first && item.question) questions.push_back(*item.question);
  }
  return questions;
}

dns::Evaluation<std::vector<Outcome>> Verifier::verify(const dns::Answers& answers,
                                                       std::int64_t now) const {
  dns::Lookups lookups(answers);
  std::vector<const dns::Answer*> keys;
  keys.reserve(state_->items.size());
  for (const Item& item : state_->items) {
    keys.push_back(item.question ? lookups.find(item.question->name, item.question->type)
                                 : nullptr);
  }
  if (lookups.has_missing()) return std::move(lookups).missing();
  std::vector<Outcome> outcomes;
  outcomes.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    outcomes.push_back(state_->verify(state_->items[i], keys[i], now));
  }
  state_->add_rest(outcomes);
  return outcomes;
}

}  // namespace postern::dkim
