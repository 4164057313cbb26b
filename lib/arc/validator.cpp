#include "lib/arc/validator.hpp"

#include <algorithm>
#include <optional>

#include "lib/arc/chain.hpp"
#include "lib/dkim/header_hasher.hpp"
#include "lib/dkim/key.hpp"

namespace postern::arc {
namespace {

using authres::Result;
using dkim::Canonicalization;

// What came of one signature: pass, fail, or temperror, and why.
struct Verdict {
  Result result = Result::pass;
  std::string reason;
};

Verdict verdict(Result result, std::string reason) {
  return {result, std::move(reason)};
}

Outcome& conclude(Outcome& outcome, std::size_t instance, std::string_view what,
                  const Verdict& verdict) {
  outcome.result = verdict.result;
  outcome.reason = "set " + std::to_string(instance) + ": ";
  outcome.reason.append(what).append(verdict.reason);
  return outcome;
}

}  // namespace

struct Validator::State {
  const mail::HeaderSection& header;
  const dkim::Crypto& crypto;
  dkim::BodyHasher& body;
  dkim::Limits limits;
  dkim::HeaderHasher hasher;
  Chain chain;
  std::vector<std::size_t> body_requests;     // by set
  std::vector<dns::Question> seal_questions;  // by set, likewise
  std::vector<dns::Question> message_questions;

  void prepare();
  [[nodiscard]] std::vector<dkim::Digest> seal_digests();
  [[nodiscard]] Verdict check_value(const dkim::Signature& signature, const dns::Question& question,
                                    const dns::Answers& answers, const dkim::Digest& digest) const;
  [[nodiscard]] bool is_body_right(std::size_t set) const;
  [[nodiscard]] bool has_cut_field() const;
  [[nodiscard]] Verdict check_message(std::size_t set, const dns::Answers& answers);
  [[nodiscard]] Verdict check_newest(std::int64_t now, const dns::Answers& answers);
  void check_chain(const dns::Answers& answers, std::int64_t now, Outcome& outcome);
  void find_oldest_pass(const dns::Answers& answers, Outcome& outcome);
  void describe_sets(Outcome& outcome) const;
};

// Names the keys and asks for the body hashes.
void Validator::State::prepare() {
  for (std::size_t i = 0; i < chain.sets.size() && chain.problem.empty(); ++i) {
    const dkim::Signature& seal = chain.sets[i].seal.field.signature;
    const dkim::Signature& message = chain.sets[i].message_signature.field.signature;
    auto seal_question = dkim::key_question(seal.selector, seal.domain);
    auto message_question = dkim::key_question(message.selector, message.domain);
    if (!seal_question || !message_question) {
      chain.problem = "set " + std::to_string(i + 1) + ": name of the key is too long";
      return;
    }
    seal_questions.push_back(std::move(*seal_question));
    message_questions.push_back(std::move(*message_question));
    body_requests.push_back(body.request(message.body_canonicalization, message.body_length));
  }
}

// What each seal signs: all sets up to its own in relaxed form, its own b= left out (RFC 8617
// §5.1.1). One hash runs through all sets; each seal ends a copy of it.
std::vector<dkim::Digest> Validator::State::seal_digests() {
  std::vector<dkim::Digest> digests;
  const auto running = crypto.sha256();
  const auto add = [&](std::uint32_t position) {
    running->update(hasher.relaxed(position));
    running->update("\r\n");
  };
  for (const Set& set : chain.sets) {
    add(set.results.position);
    add(set.message_signature.position);
    const dkim::Signature& seal = set.seal.field.signature;
    const auto copy = running->clone();
    copy->update(dkim::canonicalize_without_value(header.fields()[set.seal.position],
                                                  seal.value_begin, seal.value_end,
                                                  Canonicalization::relaxed));
    digests.push_back(copy->finish());
    add(set.seal.position);
  }
  return digests;
}

Verdict Validator::State::check_value(const dkim::Signature& signature,
                                      const dns::Question& question, const dns::Answers& answers,
                                      const dkim::Digest& digest) const {
  const dns::Answer* answer = answers.find(question.name, question.type);
  if (answer == nullptr) return verdict(Result::temperror, "no answer for key");
  const dkim::KeyChoice choice = dkim::choose_key(*answer, signature.key_type, limits);
  if (choice.result == Result::temperror) return verdict(Result::temperror, choice.reason);
  if (!choice.is_usable() || !choice.key) return verdict(Result::fail, choice.reason);
  if (crypto.verify(choice.key->key, digest, signature.value)) return {};
  return verdict(Result::fail, "did not verify");
}

bool Validator::State::is_body_right(std::size_t set) const {
  const dkim::Signature& signature = chain.sets[set].message_signature.field.signature;
  const std::uint64_t size = body.size(signature.body_canonicalization);
  if (signature.body_length && *signature.body_length > size) return false;
  return body.digest(body_requests[set]) == signature.body_hash;
}

bool Validator::State::has_cut_field() const {
  return std::any_of(chain.sets.begin(), chain.sets.end(), [&](const Set& set) {
    return header.fields()[set.results.position].body.size() >= dkim::cut_field_size;
  });
}

Verdict Validator::State::check_message(std::size_t set, const dns::Answers& answers) {
  if (!is_body_right(set)) return verdict(Result::fail, "body hash did not verify");
  const PlacedField& placed = chain.sets[set].message_signature;
  const auto hash = hasher.hash(crypto, placed.field.signature, placed.position);
  Verdict found = check_value(placed.field.signature, message_questions[set], answers, hash.digest);
  if (found.result == Result::fail && hash.has_cut_field) {
    found.reason += "; a signed header field was cut by the MTA";
  }
  return found;
}

Verdict Validator::State::check_newest(std::int64_t now, const dns::Answers& answers) {
  const dkim::Signature& newest = chain.sets.back().message_signature.field.signature;
  if (newest.expiration && *newest.expiration < now) return verdict(Result::fail, "expired");
  if (newest.timestamp && *newest.timestamp > now && *newest.timestamp - now > limits.clock_skew) {
    return verdict(Result::fail, "is from the future");
  }
  return check_message(chain.sets.size() - 1, answers);
}

// RFC 8617 §5.2 steps 4 and 6. A failure counts more than what DNS did not say.
void Validator::State::check_chain(const dns::Answers& answers, std::int64_t now,
                                   Outcome& outcome) {
  outcome.result = Result::pass;
  const Verdict newest = check_newest(now, answers);
  if (newest.result != Result::pass) {
    conclude(outcome, chain.sets.size(), "message signature: ", newest);
  }
  const std::vector<dkim::Digest> digests = seal_digests();
  for (std::size_t i = chain.sets.size(); i-- > 0 && outcome.result != Result::fail;) {
    const dkim::Signature& seal = chain.sets[i].seal.field.signature;
    Verdict found = check_value(seal, seal_questions[i], answers, digests[i]);
    if (found.result == Result::fail && has_cut_field()) {
      found.reason += "; a header field was cut by the MTA";
    }
    if (found.result == Result::fail || outcome.result == Result::pass) {
      if (found.result != Result::pass) conclude(outcome, i + 1, "seal: ", found);
    }
  }
}

void Validator::State::find_oldest_pass(const dns::Answers& answers, Outcome& outcome) {
  for (std::size_t i = chain.sets.size() - 1; i-- > 0;) {
    if (check_message(i, answers).result == Result::pass) continue;
    outcome.oldest_pass = static_cast<unsigned>(i + 2);
    return;
  }
}

void Validator::State::describe_sets(Outcome& outcome) const {
  const dkim::Signature& newest = chain.sets.back().message_signature.field.signature;
  outcome.partial_body =
      newest.body_length && *newest.body_length < body.size(newest.body_canonicalization);
  for (const Set& set : chain.sets) {
    SetInfo info;
    info.instance = set.seal.field.instance;
    info.seal_domain = set.seal.field.signature.domain;
    info.seal_selector = set.seal.field.signature.selector;
    info.authserv_id = set.results.field.authserv_id;
    info.results = mail::unfold(header.fields()[set.results.position].body);
    outcome.sets.push_back(std::move(info));
  }
}

Validator::Validator(const mail::HeaderSection& header, const dkim::Crypto& crypto,
                     dkim::ToAsciiDomain to_ascii, dkim::BodyHasher& body,
                     const dkim::Limits& limits)
    : state_(new State{header,
                       crypto,
                       body,
                       limits,
                       dkim::HeaderHasher(header),
                       read_chain(header, to_ascii, limits),
                       {},
                       {},
                       {}}) {
  state_->prepare();
}

Validator::~Validator() = default;

dns::Questions Validator::questions() const {
  dns::Questions questions;
  if (!state_->chain.problem.empty()) return questions;
  questions = state_->seal_questions;
  questions.insert(questions.end(), state_->message_questions.begin(),
                   state_->message_questions.end());
  std::sort(questions.begin(), questions.end());
  questions.erase(std::unique(questions.begin(), questions.end()), questions.end());
  return questions;
}

dns::Evaluation<Outcome> Validator::validate(const dns::Answers& answers, std::int64_t now) const {
  State& state = *state_;
  Outcome outcome;
  outcome.instances = state.chain.instances;
  if (!state.chain.problem.empty()) {
    outcome.result = Result::fail;
    outcome.reason = state.chain.problem;
    return outcome;
  }
  if (state.chain.sets.empty()) return outcome;
  dns::Lookups lookups(answers);
  for (const dns::Question& question : questions()) lookups.expect(question.name, question.type);
  if (lookups.has_missing()) return std::move(lookups).missing();
  outcome.dns_queries = lookups.count();
  state.check_chain(answers, now, outcome);
  if (outcome.result != Result::pass) return outcome;
  state.find_oldest_pass(answers, outcome);
  state.describe_sets(outcome);
  return outcome;
}

}  // namespace postern::arc
