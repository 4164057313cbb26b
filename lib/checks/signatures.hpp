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
#include "lib/signing/earlier_results.hpp"
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

  /// Before the name of the key in the log, for a seal.
  static constexpr std::string_view seal_mark = "arc/";

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
  [[nodiscard]] bool is_for_sealing() const;
  void begin_signing(const mail::HeaderSection& header, dkim::BodyHasher& body, bool judged_before);
  void begin_sealing(const mail::HeaderSection& header, dkim::BodyHasher& body);
  void watch_lines(std::string_view bytes);
  void sign(report::Verdict& verdict, std::int64_t now);
  void seal(report::Verdict& verdict, std::int64_t now);

  const Configuration& configuration_;
  const Services& services_;
  disposition::Direction direction_;
  std::shared_ptr<const dkim::KeySource> keys_;
  signing::LineBreaker breaker_;
  std::string reason_;  // why nothing is signed or sealed, when that is known at the header
  std::optional<signing::OutboundSigner> signer_;
  std::optional<signing::EarlierResults> earlier_;  // of a message that is not signed for them
  std::optional<arc::Sealer> sealer_;
  std::string sealer_name_;       // of its key, for the log
  signing::LineBreaker watcher_;  // counts what the MTA will add to a message with a seal
  std::size_t watched_octets_ = 0;
  std::size_t broken_octets_ = 0;
};

}  // namespace postern::checks
