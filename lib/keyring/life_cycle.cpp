#include "lib/keyring/life_cycle.hpp"

#include <algorithm>

namespace postern::keyring {
namespace {

using Type = dkim::PublicKey::Type;

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

std::string name_of(const Key& key) {
  return key.domain + ", selector " + key.selector;
}

const Key* pending_key(const Index& index, std::string_view domain, Type type) {
  for (const Key& key : index.of_domain(domain)) {
    if (key.state == State::pending && key.type == type) return &key;
  }
  return nullptr;
}

}  // namespace

Expected<std::string, std::string> new_selector(
    const Index& index, std::string_view domain, Type type, std::int64_t now,
    const std::function<bool(const std::string&)>& is_taken) {
  std::string day = format_date(now);
  day.erase(std::remove(day.begin(), day.end(), '-'), day.end());
  const std::string base = day + (type == Type::rsa ? "r" : "e");
  const auto is_free = [&](const std::string& selector) {
    return index.find(domain, selector) == nullptr &&
           index.find_used(domain, selector, now) == nullptr && !(is_taken && is_taken(selector));
  };
  if (is_free(base)) return base;
  for (char letter = 'b'; letter <= 'z'; ++letter) {
    if (std::string selector = base + letter; is_free(selector)) return selector;
  }
  return refuse("all selectors of this day are taken for " + std::string(domain) +
                "; name one with --selector");
}

std::vector<Rotation> rotations(const Index& index, std::string_view domain, std::int64_t now,
                                std::chrono::seconds older_than) {
  std::vector<Rotation> found;
  for (const Type type : {Type::rsa, Type::ed25519}) {
    const Key* newest = nullptr;
    for (const Key& key : index.of_domain(domain)) {
      if (key.state != State::active || key.type != type) continue;
      if (newest == nullptr || key.activated > newest->activated) newest = &key;
    }
    if (newest == nullptr || now - newest->activated.value_or(now) < older_than.count()) continue;
    const Key* pending = pending_key(index, domain, type);
    found.push_back(
        {std::string(domain), type, newest->selector, pending == nullptr ? "" : pending->selector});
  }
  return found;
}

std::vector<std::string> domains(const Index& index) {
  std::vector<std::string> found;
  for (const Key& key : index.keys()) {
    if (found.empty() || found.back() != key.domain) found.push_back(key.domain);
  }
  return found;
}

Expected<std::vector<std::string>, std::string> activate(Index& index, std::string_view domain,
                                                         std::string_view selector,
                                                         std::int64_t now) {
  Key* key = index.find(domain, selector);
  if (key == nullptr) return refuse(no_such_key(index, domain, selector));
  if (key->state == State::active) return refuse(name_of(*key) + " is active already");
  if (key->state == State::revoked) {
    return refuse(name_of(*key) + " is revoked, and its private key is destroyed");
  }
  std::vector<std::string> replaced;
  for (Key& other : index.of_domain(domain)) {
    if (other.state != State::active || other.type != key->type) continue;
    other.state = State::retired;
    other.retired = now;
    replaced.push_back(other.selector);
  }
  key->state = State::active;
  key->seen.reset();
  key->activated = now;
  key->retired.reset();
  return replaced;
}

Expected<void, std::string> retire(Index& index, std::string_view domain, std::string_view selector,
                                   std::int64_t now) {
  Key* key = index.find(domain, selector);
  if (key == nullptr) return refuse(no_such_key(index, domain, selector));
  if (key->state != State::active) {
    return refuse(name_of(*key) + " is " + std::string(to_word(key->state)) +
                  "; only an active key can be retired");
  }
  key->state = State::retired;
  key->retired = now;
  return {};
}

Expected<void, std::string> revoke(Index& index, std::string_view domain, std::string_view selector,
                                   std::int64_t now) {
  Key* key = index.find(domain, selector);
  if (key == nullptr) return refuse(no_such_key(index, domain, selector));
  if (key->state == State::revoked) return refuse(name_of(*key) + " is revoked already");
  if (!key->retired) key->retired = now;
  key->state = State::revoked;
  key->seen.reset();
  return {};
}

Expected<void, std::string> remove(Index& index, std::string_view domain, std::string_view selector,
                                   std::int64_t now) {
  const Key* key = index.find(domain, selector);
  if (key == nullptr) return refuse(no_such_key(index, domain, selector));
  if (key->state == State::active) {
    return refuse(name_of(*key) + " is active; retire or revoke it first");
  }
  keep_from_reuse(index, *key, now);
  index.remove(domain, selector);
  return {};
}

void keep_from_reuse(Index& index, const Key& key, std::int64_t now) {
  index.add_used({key.domain, key.selector, std::min(now + used_selector_seconds, max_time)}, now);
}

std::string no_such_key(const Index& index, std::string_view domain, std::string_view selector) {
  constexpr std::size_t max_shown = 10;
  const auto keys = index.of_domain(domain);
  if (keys.empty()) return "there is no key for " + std::string(domain);
  std::string text =
      std::string(domain) + " has no key with selector " + std::string(selector) + "; it has: ";
  for (std::size_t at = 0; at < std::min(keys.size(), max_shown); ++at) {
    text += (at == 0 ? "" : ", ") + keys[at].selector;
  }
  return keys.size() > max_shown ? text + ", ..." : text;
}

}  // namespace postern::keyring
