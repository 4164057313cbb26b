#include "lib/signing/outbound_signer.hpp"

namespace postern::signing {

OutboundSigner::OutboundSigner(const mail::HeaderSection& header, const dkim::Crypto& crypto,
                               mail::ToAsciiDomain to_ascii, dkim::BodyHasher& body,
                               const Settings& settings, const dkim::KeySource& keys) {
  const mail::Authors authors = mail::find_authors(header, to_ascii);
  // A field that readers understand in several ways would lend our name to the wrong one.
  if (!authors.problem.empty()) {
    outcome_.reason = authors.problem;
    return;
  }
  if (authors.domains.size() != 1) {
    outcome_.reason = "authors of several domains";
    return;
  }
  const std::string& author_domain = authors.domains.front();
  const DomainSettings& own = settings.of(author_domain);
  if (!own.enabled) {
    outcome_.reason = "signing is off";
    return;
  }
  auto signing_keys = keys.keys_for(author_domain, settings.parent_domains);
  if (signing_keys.empty()) {
    outcome_.reason = "no active key for " + author_domain;
    return;
  }
  for (const dkim::SigningKey& key : signing_keys) {
    outcome_.signers.push_back(key.domain + "/" + key.selector);
  }
  signer_.emplace(header, crypto, body, make_policy(own), std::move(signing_keys));
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
