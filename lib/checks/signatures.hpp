// The signatures that we add to a message: DKIM to the mail of our users, ARC to that of others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/arc/sealer.hpp"
#include "lib/checks/check.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/report/verdict.hpp"
#include "lib/signing/line_breaker.hpp"
#include "lib/signing/outbound_signer.hpp"

namespace postern::checks {

/// Of one message. Everything borrowed outlives it.
class Signatures {
 public:
  /// \param keys  nullptr when there are none.
  Signatures(const Configuration& configuration, const Services& services,
             disposition::Direction direction, std::shared_ptr<const dkim::KeySource> keys);

  /// Whether header and body are needed.
  [[nodiscard]] bool wants_content() const { return keys_ != nullptr; }

  /// When the header section is complete; asks the hasher for what is needed of the body.
  /// \param judged_before  The message carries results of ours: it came from outside once.
  void begin(const mail::HeaderSection& header, dkim::BodyHasher& body, bool judged_before);

  /// The body on its way to the hasher.
  void add_body(std::string_view bytes, dkim::BodyHasher& body);
  void finish_body(dkim::BodyHasher& body);

  /// Adds the new fields to a verdict that is complete otherwise. Last of all, since a signature is
  /// over what other checks have added.
  /// \param now  Seconds since the epoch.
  void add_to(report::Verdict& verdict, std::int64_t now);

 private:
  void seal(report::Verdict& verdict, std::int64_t now);

  const Configuration& configuration_;
  const Services& services_;
  disposition::Direction direction_;
  std::shared_ptr<const dkim::KeySource> keys_;
  signing::LineBreaker breaker_;
  std::string reason_;  // why nothing is signed, when that is known before the keys are asked
  std::optional<signing::OutboundSigner> signer_;
  std::optional<arc::Sealer> sealer_;
};

}  // namespace postern::checks
