#include "lib/signing/outbound_signer.hpp"

#include <utility>

namespace postern::signing {
namespace {

// Why mail of these authors is not signed, whatever keys there are; empty when it may be.
std::string objection(const mail::Authors& authors, const Settings& settings) {
  // A field that readers understand in several ways would lend our name to the wrong one.
  if (!authors.problem.empty()) return authors.problem;
  if (authors.domains.size() != 1) return "authors of several domains";
  return settings.of(authors.domains.front()).enabled ? "" : "signing is off";
}

}  // namespace

OutboundSigner::OutboundSigner(const mail::HeaderSection& header, const dkim::Crypto& crypto,
                               mail::ToAsciiDomain to_ascii, dkim::BodyHasher& body,
                               const Settings& settings, const dkim::KeySource& keys) {
  const mail::Authors authors = mail::find_authors(header, to_ascii);
  outcome_.reason = objection(authors, settings);
  if (!outcome_.reason.empty()) return;
  const std::string& author_domain = authors.domains.front();
  auto signing_keys = keys.keys_for(author_domain, settings.parent_domains);
  if (signing_keys.empty()) {
    dkim::NoKey none = keys.why_none(author_domain, settings.parent_domains);
    outcome_.is_fault = none.is_fault;
    outcome_.reason = std::move(none.reason);
    return;
  }
  for (const dkim::SigningKey& key : signing_keys) {
    outcome_.signers.push_back(key.domain + "/" + key.selector);
  }
  signer_.emplace(header, crypto, body, make_policy(settings.of(author_domain)),
                  std::move(signing_keys));
}

std::vector<std::string> OutboundSigner::sign(std::int64_t now) {
  if (!signer_) return {};
  auto fields = signer_->sign(now);
  if (fields.empty()) {
    outcome_.signers.clear();
    outcome_.reason = "too many header fields to sign";
  }
  return fields;
}

}  // namespace postern::signing
