#include "lib/arc/sealer.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/arc/chain.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dkim/header_hasher.hpp"
#include "lib/dkim/signature_maker.hpp"
#include "lib/dkim/tag_writer.hpp"

namespace postern::arc {
namespace {

using authres::Result;

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view seal_name = "ARC-Seal";
constexpr std::string_view message_signature_name = "ARC-Message-Signature";
constexpr std::string_view results_name = "ARC-Authentication-Results";
constexpr std::string_view dkim_signature_name = "dkim-signature";

// More DKIM-Signature fields than this are not covered: nobody verifies so many.
constexpr std::size_t max_covered_signatures = 20;

// RFC 8617 §4.1.2: the next handler removes Authentication-Results, and ARC fields have the seal.
bool is_left_out(std::string_view name) {
  return ascii::equals_ignoring_case(name, "Authentication-Results") ||
         ascii::starts_with_ignoring_case(name, "ARC-");
}

dkim::SignedFields fields_to_sign(const mail::HeaderSection& header, dkim::SigningPolicy policy) {
  for (auto* names :
       {&policy.signed_names, &policy.oversigned_names, &policy.oversigned_if_present}) {
    names->erase(std::remove_if(names->begin(), names->end(), is_left_out), names->end());
  }
  dkim::SignedFields fields = dkim::select_fields(header, policy);
  const auto signatures = header.named(dkim_signature_name);
  if (fields.names.empty() || signatures.size() > max_covered_signatures) return fields;
  fields.names.insert(fields.names.end(), signatures.size(), std::string(dkim_signature_name));
  fields.positions.insert(fields.positions.end(), signatures.rbegin(), signatures.rend());
  return fields;
}

// Line ends of authres::format are LF, as libmilter wants them.
std::string results_body(unsigned instance, std::string_view results) {
  std::string body = " i=" + std::to_string(instance) + "; ";
  for (const char c : ascii::trim(results)) {
    if (c == '\r') continue;
    if (c == '\n') body += '\r';
    body += c;
  }
  return body;
}

std::string_view to_token(ChainValidation validation) {
  switch (validation) {
    case ChainValidation::none: return "none";
    case ChainValidation::fail: return "fail";
    case ChainValidation::pass: return "pass";
  }
  return "";
}

// What cv= shall say; nothing when the chain cannot be judged now.
std::optional<ChainValidation> to_validation(Result result) {
  switch (result) {
    case Result::none: return ChainValidation::none;
    case Result::pass: return ChainValidation::pass;
    case Result::fail: return ChainValidation::fail;
    case Result::softfail:
    case Result::policy:
    case Result::neutral:
    case Result::temperror:
    case Result::permerror: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

struct Sealer::State {
  const mail::HeaderSection& header;
  const dkim::Crypto& crypto;
  dkim::ToAsciiDomain to_ascii;
  dkim::SignatureMaker maker;
  dkim::SigningKey key;

  [[nodiscard]] bool is_marked_failed(unsigned instance) const;
  [[nodiscard]] std::unique_ptr<dkim::Hasher> hash_chain() const;
  [[nodiscard]] std::string make_seal(const NewSet& set, ChainValidation validation,
                                      std::int64_t now) const;
};

// Whether the seal of that instance says cv=fail. The validator has seen to it that there are at
// most max_sets seals.
bool Sealer::State::is_marked_failed(unsigned instance) const {
  const auto seals = header.named(seal_name);
  return std::any_of(seals.begin(), seals.end(), [&](std::uint32_t position) {
    const Field field = parse_seal(header.fields()[position].body, to_ascii);
    return field.instance == instance && field.validation == ChainValidation::fail;
  });
}

// The sets that are there, in the order of RFC 8617 §5.1.1.
std::unique_ptr<dkim::Hasher> Sealer::State::hash_chain() const {
  auto hash = crypto.sha256();
  dkim::HeaderHasher forms(header);
  for (const Set& set : read_chain(header, to_ascii, {}).sets) {
    for (const PlacedField* field : {&set.results, &set.message_signature, &set.seal}) {
      hash->update(forms.relaxed(field->position));
      hash->update(crlf);
    }
  }
  return hash;
}

std::string Sealer::State::make_seal(const NewSet& set, ChainValidation validation,
                                     std::int64_t now) const {
  const auto hash = validation == ChainValidation::fail ? crypto.sha256() : hash_chain();
  hash->update(dkim::canonicalize_relaxed(results_name, set.results));
  hash->update(crlf);
  hash->update(dkim::canonicalize_relaxed(message_signature_name, set.message_signature));
  hash->update(crlf);
  dkim::TagWriter tags(seal_name);
  tags.add("i", std::to_string(set.instance));
  tags.add("a", dkim::to_algorithm(key.key->public_key().type));
  tags.add("cv", to_token(validation));
  tags.add("d", key.domain);
  tags.add("s", key.selector);
  tags.add("t", dkim::to_time(now));
  tags.add_empty("b");
  tags.append_base64(dkim::sign_field(*hash, seal_name, tags.body(), *key.key));
  return tags.body();
}

Sealer::Sealer(const mail::HeaderSection& header, const dkim::Crypto& crypto,
               dkim::ToAsciiDomain to_ascii, dkim::BodyHasher& body,
               const dkim::SigningPolicy& policy, dkim::SigningKey key)
    : state_(new State{header, crypto, to_ascii,
                       dkim::SignatureMaker(header, crypto, body, fields_to_sign(header, policy)),
                       std::move(key)}) {}

Sealer::~Sealer() = default;

Expected<NewSet, std::string_view> Sealer::seal(const Outcome& chain, std::string_view results,
                                                std::int64_t now) const {
  const auto refuse = [](std::string_view why) { return Unexpected<std::string_view>(why); };
  const auto validation = to_validation(chain.result);
  if (!validation) return refuse("nobody can say now whether the chain holds");
  if (chain.instances >= max_sets) return refuse("the chain is full");
  if (!state_->maker.can_sign()) return refuse("too many header fields to sign");
  if (*validation == ChainValidation::fail && state_->is_marked_failed(chain.instances)) {
    return refuse("the chain was sealed as failed before");
  }
  NewSet set;
  set.instance = chain.instances + 1;
  set.results = results_body(set.instance, results);
  set.message_signature = state_->maker.make(
      message_signature_name, {"i", std::to_string(set.instance)}, state_->key, now, std::nullopt);
  set.seal = state_->make_seal(set, *validation, now);
  return set;
}

}  // namespace postern::arc
