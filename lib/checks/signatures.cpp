#include "lib/checks/signatures.hpp"

#include <algorithm>
#include <utility>

#include "lib/report/header_fields.hpp"

namespace postern::checks {
namespace {

using disposition::Action;
using disposition::Direction;

// As the MTA takes a field: without the space after the colon, folded with LF.
report::NewField to_field(std::string name, std::string_view body) {
  if (body.starts_with(' ')) body.remove_prefix(1);
  std::string folded(body);
  folded.erase(std::remove(folded.begin(), folded.end(), '\r'), folded.end());
  return {std::move(name), std::move(folded)};
}

// Mail that is turned away needs no signature.
bool is_passed_on(const disposition::Decision& decision) {
  return decision.action != Action::reject && decision.action != Action::defer;
}

}  // namespace

Signatures::Signatures(const Configuration& configuration, const Services& services,
                       Direction direction, std::shared_ptr<const dkim::KeySource> keys)
    : configuration_(configuration),
      services_(services),
      direction_(direction),
      keys_(std::move(keys)),
      breaker_(direction == Direction::inbound ? 0 : configuration.signing.line_limit) {
  const bool only_seals = direction == Direction::inbound;
  if (only_seals && configuration.signing.arc_domain.empty()) keys_ = nullptr;
}

void Signatures::begin(const mail::HeaderSection& header, dkim::BodyHasher& body,
                       bool judged_before) {
  if (keys_ == nullptr) return;
  const signing::Settings& settings = configuration_.signing;
  if (direction_ != Direction::inbound) {
    // A content filter gives such mail back from a local address: it is no more ours than before.
    if (judged_before && direction_ == Direction::local) {
      reason_ = "came from outside before";
    } else {
      signer_.emplace(header, *services_.crypto, services_.to_ascii, body, settings, *keys_);
    }
    return;
  }
  // RFC 8617 §4.1.3 knows rsa-sha256 alone for certain; the newest key of that type seals.
  for (dkim::SigningKey& key : keys_->keys_for(settings.arc_domain, settings.parent_domains)) {
    if (key.key->public_key().type != dkim::PublicKey::Type::rsa || sealer_) continue;
    sealer_.emplace(header, *services_.crypto, services_.to_ascii, body,
                    signing::make_policy(settings.all), std::move(key));
  }
}

void Signatures::add_body(std::string_view bytes, dkim::BodyHasher& body) {
  breaker_.put(bytes, [&](std::string_view octets) { body.update(octets); });
}

void Signatures::finish_body(dkim::BodyHasher& body) {
  breaker_.finish([&](std::string_view octets) { body.update(octets); });
}

void Signatures::add_to(report::Verdict& verdict, std::int64_t now) {
  if (!is_passed_on(verdict.decision)) return;
  if (direction_ == Direction::inbound) return seal(verdict, now);
  if (keys_ == nullptr) return;
  if (!verdict.decision.may_sign) {
    verdict.signing.reason = "addresses do not belong to the login";
  } else if (!signer_) {
    // begin() was not called for a message over a limit.
    verdict.signing.reason = reason_.empty() ? "exceeds a limit" : reason_;
  } else {
    for (const std::string& body : signer_->sign(now)) {
      verdict.inserted.push_back(to_field("DKIM-Signature", body));
    }
    verdict.signing = signer_->outcome();
  }
}

void Signatures::seal(report::Verdict& verdict, std::int64_t now) {
  const auto results =
      std::find_if(verdict.inserted.begin(), verdict.inserted.end(),
                   [](const auto& field) { return field.name == report::results_field_name; });
  if (!sealer_ || !verdict.findings.arc || results == verdict.inserted.end()) return;
  const auto set = sealer_->seal(*verdict.findings.arc, results->body, now);
  if (!set) return;
  verdict.inserted.insert(
      verdict.inserted.begin(),
      {to_field("ARC-Seal", set->seal), to_field("ARC-Message-Signature", set->message_signature),
       to_field("ARC-Authentication-Results", set->results)});
}

}  // namespace postern::checks
