// Keys for tests of the keyring: real records of keys whose private half nobody has.
#pragma once

#include <string>

#include "lib/dkim/key_record.hpp"
#include "lib/keyring/index.hpp"

namespace postern::test {

/// A key record; another `seed` makes another key.
inline std::string made_up_record(dkim::PublicKey::Type type, char seed) {
  dkim::PublicKey key;
  key.type = type;
  if (type == dkim::PublicKey::Type::ed25519) {
    key.point = std::string(32, seed);
  } else {
    key.modulus = "\xc1" + std::string(254, seed) + "\x01";
    key.exponent = std::string("\x01\x00\x01", 3);
  }
  return dkim::format_key_record(key);
}

/// The type is that of the last letter of the selector: "e" for Ed25519, else RSA. Two keys of the
/// same selector are the same key.
inline keyring::Key made_up_key(const std::string& domain, const std::string& selector,
                                keyring::State state = keyring::State::pending,
                                std::int64_t time = 1000) {
  using Type = dkim::PublicKey::Type;
  keyring::Key key;
  key.domain = domain;
  key.selector = selector;
  key.type = selector.ends_with('e') ? Type::ed25519 : Type::rsa;
  key.state = state;
  key.created = time;
  if (state != keyring::State::pending) key.activated = time;
  if (state == keyring::State::retired || state == keyring::State::revoked) key.retired = time;
  char seed = 'k';
  for (const char c : selector) seed = static_cast<char>((seed * 31 + c) & 0x7f);
  key.record = made_up_record(key.type, seed);
  return key;
}

inline keyring::Index make_index(std::initializer_list<keyring::Key> keys) {
  keyring::Index index;
  for (const keyring::Key& key : keys) (void)index.add(key);
  return index;
}

}  // namespace postern::test
