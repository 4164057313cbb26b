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
  return decision.action < Action::discard;
}

}  // namespace

Signatures::Signatures(const Configuration& configuration, const Services& services,
                       Direction direction, std::shared_ptr<const dkim::KeySource> keys)
    : configuration_(configuration),
      services_(services),
      direction_(direction),
      keys_(std::move(keys)),
      breaker_(direction == Direction::inbound ? 0 : configuration.signing.line_limit),
      watcher_(configuration.signing.line_limit) {
  if (direction == Direction::inbound && !is_for_sealing()) keys_ = nullptr;
}

bool Signatures::is_for_sealing() const {
  return direction_ == Direction::inbound && !configuration_.signing.arc_domain.empty();
}

void Signatures::begin(const mail::HeaderSection& header, dkim::BodyHasher& body,
                       bool judged_before) {
  if (is_for_sealing()) return begin_sealing(header, body);
  if (keys_ != nullptr) begin_signing(header, body, judged_before);
}

void Signatures::begin_signing(const mail::HeaderSection& header, dkim::BodyHasher& body,
                               bool judged_before) {
  const signing::Settings& settings = configuration_.signing;
  if (judged_before) {
    earlier_ = signing::find_objection(header, services_.to_ascii,
                                       configuration_.general.authserv_id, settings, *keys_);
    if (earlier_) reason_ = earlier_->reason;
  }
  if (!earlier_) {
    signer_.emplace(header, *services_.crypto, services_.to_ascii, body, settings, *keys_);
  }
}

void Signatures::begin_sealing(const mail::HeaderSection& header, dkim::BodyHasher& body) {
  const signing::Settings& settings = configuration_.signing;
  const std::string& domain = settings.arc_domain;
  std::vector<dkim::SigningKey> found;
  if (keys_ != nullptr) found = keys_->keys_for(domain, settings.parent_domains);
  // RFC 8617 §4.1.3 knows rsa-sha256 alone for certain; the newest key of that type seals.
  const auto key = std::find_if(found.begin(), found.end(), [](const dkim::SigningKey& each) {
    return each.key->public_key().type == dkim::PublicKey::Type::rsa;
  });
  if (key == found.end()) {
    reason_ = "no active RSA key for " + domain;
    if (keys_ != nullptr && found.empty()) {
      reason_ = keys_->why_none(domain, settings.parent_domains).reason;
    }
    return;
  }
  sealer_name_.append(seal_mark).append(key->domain).append("/").append(key->selector);
  sealer_.emplace(header, *services_.crypto, services_.to_ascii, body,
                  signing::make_policy(settings.all), std::move(*key));
  for (const mail::HeaderField& field : header.fields()) {
    watch_lines(field.raw);
    watch_lines("\r\n");
  }
}

// The verifying checks need the body as it came, so that a seal cannot be over one that is broken.
void Signatures::watch_lines(std::string_view bytes) {
  watched_octets_ += bytes.size();
  watcher_.put(bytes, [&](std::string_view octets) { broken_octets_ += octets.size(); });
}

void Signatures::add_body(std::string_view bytes, dkim::BodyHasher& body) {
  breaker_.put(bytes, [&](std::string_view octets) { body.update(octets); });
  if (sealer_) watch_lines(bytes);
}

void Signatures::finish_body(dkim::BodyHasher& body) {
  breaker_.finish([&](std::string_view octets) { body.update(octets); });
  watcher_.finish([&](std::string_view octets) { broken_octets_ += octets.size(); });
}

void Signatures::add_to(report::Verdict& verdict, std::int64_t now) {
  if (!is_passed_on(verdict.decision)) return;
  if (is_for_sealing()) seal(verdict, now);
  if (direction_ != Direction::inbound && keys_ != nullptr) sign(verdict, now);
}

void Signatures::sign(report::Verdict& verdict, std::int64_t now) {
  if (earlier_) {  // whoever gets the message next, such as a second list, must know it too
    verdict.inserted.push_back(
        {std::string(report::results_field_name),
         signing::format_earlier(*earlier_, configuration_.general.authserv_id)});
  }
  if (!verdict.decision.may_sign) {
    verdict.signing.reason = "addresses do not belong to the login";
    return;
  }
  if (!signer_) {
    // begin() was not called for a message over a limit.
    verdict.signing.reason = reason_.empty() ? "exceeds a limit" : reason_;
    return;
  }
  for (const std::string& body : signer_->sign(now)) {
    verdict.inserted.push_back(to_field("DKIM-Signature", body));
  }
  verdict.signing = signer_->outcome();
  if (verdict.signing.is_fault) {
    disposition::decide_on_unsigned(verdict.signing.reason, configuration_.disposition,
                                    verdict.decision);
  }
}

void Signatures::seal(report::Verdict& verdict, std::int64_t now) {
  const auto results =
      std::find_if(verdict.inserted.begin(), verdict.inserted.end(),
                   [](const auto& field) { return field.name == report::results_field_name; });
  const auto refuse = [&](std::string_view why) {
    verdict.signing.reason = std::string("no ARC seal: ").append(why);
  };
  if (!reason_.empty()) return refuse(reason_);
  if (!sealer_ || results == verdict.inserted.end()) return refuse("exceeds a limit");
  if (!verdict.findings.arc) return refuse("arc.enabled is false");
  if (broken_octets_ != watched_octets_) {
    return refuse("a line is longer than signing.line_limit");
  }
  const auto set = sealer_->seal(*verdict.findings.arc, results->body, now);
  if (!set) return refuse(set.error());
  verdict.inserted.insert(
      verdict.inserted.begin(),
      {to_field("ARC-Seal", set->seal), to_field("ARC-Message-Signature", set->message_signature),
       to_field("ARC-Authentication-Results", set->results)});
  verdict.signing.signers.push_back(sealer_name_);
}

}  // namespace postern::checks
