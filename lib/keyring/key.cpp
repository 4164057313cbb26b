#include "lib/keyring/key.hpp"

#include <chrono>

#include "lib/dkim/key.hpp"

namespace postern::keyring {
namespace {

using Type = dkim::PublicKey::Type;

// Digits of a number, with leading zeros up to `width`.
std::string padded(unsigned number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace

std::string Key::file() const {
  return domain + "/" + selector + ".pem";
}

std::string Key::record_name() const {
  return selector + "._domainkey." + domain;
}

std::string Key::wanted_record() const {
  if (state != State::revoked) return record;
  return "v=DKIM1; k=" + std::string(to_word(type)) + "; p=";
}

std::string_view to_word(State state) {
  switch (state) {
    case State::pending: return "pending";
    case State::active: return "active";
    case State::retired: return "retired";
    case State::revoked: return "revoked";
  }
  return "";
}

std::string_view to_word(Type type) {
  switch (type) {
    case Type::rsa: return "rsa";
    case Type::ed25519: return "ed25519";
  }
  return "";
}

std::optional<State> parse_state(std::string_view word) {
  for (const State state : {State::pending, State::active, State::retired, State::revoked}) {
    if (word == to_word(state)) return state;
  }
  return std::nullopt;
}

std::optional<Type> parse_type(std::string_view word) {
  for (const Type type : {Type::rsa, Type::ed25519}) {
    if (word == to_word(type)) return type;
  }
  return std::nullopt;
}

unsigned key_bits(const Key& key) {
  const auto record = dkim::parse_key_record(key.record);
  return record ? record->bits : 0;
}

std::string format_date(std::int64_t time) {
  using namespace std::chrono;
  const year_month_day day{floor<days>(sys_seconds{seconds{time}})};
  return padded(static_cast<unsigned>(static_cast<int>(day.year())), 4) + "-" +
         padded(static_cast<unsigned>(day.month()), 2) + "-" +
         padded(static_cast<unsigned>(day.day()), 2);
}

}  // namespace postern::keyring
