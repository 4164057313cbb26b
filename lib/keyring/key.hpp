// A DKIM key of ours and where it stands in its life.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dkim/crypto.hpp"
#include "lib/dns/answers.hpp"

namespace postern::keyring {

/// The life of a key, in the order in which it goes on.
enum class State {
  pending,  ///< Made; its record is to be published. Never signs.
  active,   ///< Signs.
  retired,  ///< Signs no more; its record stays in DNS for the mail that is still on its way.
  revoked,  ///< Its private half is destroyed; a record with empty p= says so (RFC 6376 §3.6.1).
};

struct Key {
  std::string domain;    ///< d=, in the form of dns::parse_domain.
  std::string selector;  ///< s=, likewise.
  dkim::PublicKey::Type type = dkim::PublicKey::Type::rsa;
  State state = State::pending;
  std::int64_t created = 0;  ///< This and all times: seconds since the epoch.
  /// Of a pending key: since when every look into DNS has found its record right.
  std::optional<std::int64_t> seen;
  std::optional<std::int64_t> activated;  ///< Set when it is or was active.
  std::optional<std::int64_t> retired;    ///< When it stopped signing; set if retired or revoked.
  std::string record;  ///< The key record as first published: "v=DKIM1; k=rsa; p=...".

  bool operator==(const Key&) const = default;

  /// Where the private key lies, from the key directory: "DOMAIN/SELECTOR.pem".
  [[nodiscard]] std::string file() const;
  /// Where the record lies: "SELECTOR._domainkey.DOMAIN".
  [[nodiscard]] std::string record_name() const;
  /// The record that belongs there now: with empty p= once the key is revoked.
  [[nodiscard]] std::string wanted_record() const;
};

/// The words of the index and of the command line.
[[nodiscard]] std::string_view to_word(State state);
[[nodiscard]] std::string_view to_word(dkim::PublicKey::Type type);
[[nodiscard]] std::optional<State> parse_state(std::string_view word);
[[nodiscard]] std::optional<dkim::PublicKey::Type> parse_type(std::string_view word);

/// Bits of the key in a record, 256 for Ed25519; 0 for a text that is no key record.
[[nodiscard]] unsigned key_bits(const Key& key);

/// A day in UTC as "2026-11-22".
[[nodiscard]] std::string format_date(std::int64_t time);

}  // namespace postern::keyring
