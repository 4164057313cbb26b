// The keys that the daemon holds: bad ones, reloads, and memory that is full.
#include "lib/io/files/key_ring.hpp"

#include <new>

#include "lib/io/openssl/private_key_text.hpp"
#include "tests/unit/io/files/key_place.hpp"

namespace postern::io {
namespace {

using keyring::Key;
using keyring::State;

TEST_CASE("KeyRing: a bad key hurts nobody else", "[files][security]") {
  const Place place;
  add_real_key(place.directory, "a.example", "s1");
  const Key unreadable = add_real_key(place.directory, "b.example", "s1");
  const Key damaged = add_real_key(place.directory, "c.example", "s1");
  const Key missing = add_real_key(place.directory, "d.example", "s1");
  const Key exchanged = add_real_key(place.directory, "e.example", "s1");
  set_mode(place.directory.key_file(unreadable), 0644);
  place.write("dkim/c.example/s1.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n");
  fs::remove(place.directory.key_file(missing));
  fs::copy_file(place.path("dkim/a.example/s1.pem"), place.directory.key_file(exchanged),
                fs::copy_options::overwrite_existing);
  const auto ring = KeyRing::load(place.directory);
  REQUIRE(ring);
  CHECK((*ring)->usable().keys().size() == 1);
  CHECK((*ring)->generation() == place.directory.generation());
  const auto keys = (*ring)->keys_for("sub.a.example", true);
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].domain == "a.example");
  CHECK(keys[0].selector == "s1");
  CHECK(keys[0].key->sign({}).size() == 64);
  for (const char* domain : {"b.example", "c.example", "d.example", "e.example"}) {
    CHECK((*ring)->keys_for(domain, true).empty());
  }
  const std::vector<std::string>& problems = (*ring)->problems();
  REQUIRE(problems.size() == 4);
  CHECK(problems[0].starts_with(place.directory.key_file(unreadable) + ": can be read"));
  CHECK(problems[1].starts_with(place.directory.key_file(damaged) + ": "));
  CHECK(problems[1].find("c2VjcmV0") == std::string::npos);
  CHECK(problems[2] == place.directory.key_file(missing) + ": No such file or directory");
  CHECK(problems[3].starts_with(place.directory.key_file(exchanged) +
                                ": is not the private key of s1._domainkey.e.example"));
}

TEST_CASE("KeyRing: only active keys are loaded; an old ring outlives its keys", "[files]") {
  const Place place;
  const Key key = add_real_key(place.directory, "a.example", "s1");
  const auto before = KeyRing::load(place.directory);
  REQUIRE(before);
  {
    const auto lock = place.directory.lock();
    REQUIRE(lock);
    auto index = *place.directory.load_index();
    index.find("a.example", "s1")->state = State::retired;
    index.find("a.example", "s1")->retired = 5;
    REQUIRE(place.directory.store_index(*lock, index));
    REQUIRE(place.directory.delete_key(*lock, key));
  }
  CHECK_FALSE((*before)->generation() == place.directory.generation());
  const auto after = KeyRing::load(place.directory);
  REQUIRE(after);
  CHECK((*after)->problems().empty());
  CHECK((*after)->keys_for("a.example", true).empty());
  CHECK((*before)->keys_for("a.example", true).at(0).key->sign({}).size() == 64);
}

void set_state(const KeyDirectory& directory, const Key& key, State state) {
  const auto lock = directory.lock();
  REQUIRE(lock);
  auto index = *directory.load_index();
  Key& found = *index.find(key.domain, key.selector);
  found.state = state;
  found.activated.reset();
  if (state != State::pending) found.activated = 5;
  found.retired.reset();
  if (state == State::retired) found.retired = 5;
  REQUIRE(directory.store_index(*lock, index));
}

TEST_CASE("KeyRing: why a domain has no key that signs", "[files]") {
  const Place place;
  const Key broken = add_real_key(place.directory, "broken.example", "s1");
  set_state(place.directory, add_real_key(place.directory, "new.example", "s1"), State::pending);
  set_state(place.directory, add_real_key(place.directory, "old.example", "s1"), State::retired);
  fs::remove(place.directory.key_file(broken));
  const auto ring = KeyRing::load(place.directory);
  REQUIRE(ring);
  struct Row {
    const char* domain;
    bool allow_parents;
    bool is_fault;
    std::string reason;
  };
  const std::string fault =
      "no key of broken.example can be used: " + place.directory.key_file(broken) +
      ": No such file or directory";
  const std::string pending = "the keys of new.example are pending: postern dkim check new.example";
  const Row rows[] = {
      {"broken.example", false, true, fault},
      {"a.broken.example", true, true, fault},
      {"a.broken.example", false, false, "no active key for a.broken.example"},
      {"new.example", false, false, pending},
      {"a.new.example", true, false, pending},
      {"old.example", false, false, "no active key for old.example"},
      {"other.example", true, false, "no active key for other.example"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.domain, row.allow_parents);
    const dkim::NoKey none = (*ring)->why_none(row.domain, row.allow_parents);
    CHECK(none.is_fault == row.is_fault);
    CHECK(none.reason == row.reason);
  }
  CHECK_FALSE((*ring)->is_empty());
  CHECK((*ring)->domains() == std::vector<std::string>{"broken.example"});
  CHECK(KeyRing::load(KeyDirectory(place.path("none"))).value()->is_empty());

  const auto unreadable = KeyRing::unreadable("FILE: is no JSON");
  CHECK_FALSE(unreadable->is_empty());
  CHECK(unreadable->domains().empty());
  CHECK(unreadable->keys_for("example.org", true).empty());
  CHECK(unreadable->why_none("example.org", false).is_fault);
  CHECK(unreadable->why_none("example.org", false).reason ==
        "the keys cannot be read: FILE: is no JSON");
}

const dkim::PrivateKey* key_of(const KeyRing& ring, const char* domain) {
  const auto keys = ring.keys_for(domain, false);
  return keys.empty() ? nullptr : keys.front().key.get();
}

TEST_CASE("KeyRing: a key whose file says the same is held once", "[files]") {
  const Place place;
  const Key same = add_real_key(place.directory, "same.example", "s1");
  const Key rewritten = add_real_key(place.directory, "rewritten.example", "s1");
  const Key closed = add_real_key(place.directory, "closed.example", "s1");
  const Key changed = add_real_key(place.directory, "changed.example", "s1");
  const auto before = *KeyRing::load(place.directory);
  const std::string text(place.directory.load_key(rewritten)->view());
  fs::remove(place.directory.key_file(rewritten));
  place.write("dkim/rewritten.example/s1.pem", text);
  set_mode(place.directory.key_file(closed), 0644);
  place.write("dkim/changed.example/s1.pem", text);
  add_real_key(place.directory, "added.example", "s1");
  const auto after = *KeyRing::load(place.directory, before.get());
  CHECK(key_of(*after, "same.example") == key_of(*before, "same.example"));
  CHECK(key_of(*after, "rewritten.example") == key_of(*before, "rewritten.example"));
  CHECK(key_of(*after, "closed.example") == nullptr);   // its mode counts nevertheless
  CHECK(key_of(*after, "changed.example") == nullptr);  // it belongs to another record
  CHECK(key_of(*after, "added.example") != nullptr);
  CHECK(after->problems().size() == 2);
  set_mode(place.directory.key_file(closed), 0600);
  const auto mended = *KeyRing::load(place.directory, after.get());
  CHECK(key_of(*mended, "closed.example") != nullptr);
  const auto anew = *KeyRing::load(place.directory);
  CHECK(key_of(*anew, "same.example") != key_of(*before, "same.example"));
}

TEST_CASE("KeyRing: memory that is full is told as such, and a reload needs none", "[files]") {
  const Place place;
  lock_key_memory();
  add_real_key(place.directory, "a.example", "s1");
  const auto before = *KeyRing::load(place.directory);
  add_real_key(place.directory, "b.example", "s1");
  add_real_key(place.directory, "c.example", "s1");
  std::vector<SecretBytes> ballast;
  for (std::size_t size = std::size_t{1} << 20; size >= 8192; size /= 2) {
    try {
      while (ballast.size() < 1000) ballast.emplace_back(size);
    } catch (const std::bad_alloc&) {
      continue;
    }
  }
  REQUIRE(ballast.size() < 1000);  // there is a heap of its own, and it is full
  const auto full = *KeyRing::load(place.directory, before.get());
  CHECK(key_of(*full, "a.example") == key_of(*before, "a.example"));
  CHECK(key_of(*full, "b.example") == nullptr);
  REQUIRE(full->problems().size() == 1);
  CHECK(full->problems()[0].starts_with(
      "the memory for private keys is full with 1 keys; 2 active keys do not sign: retire keys"));
  CHECK(full->why_none("b.example", false).is_fault);
  CHECK(full->why_none("b.example", false).reason ==
        "no key of b.example can be used: no memory for private keys is left");
  ballast.clear();
  const auto roomy = *KeyRing::load(place.directory, full.get());
  CHECK(roomy->problems().empty());
  CHECK(key_of(*roomy, "c.example") != nullptr);
}

TEST_CASE("KeyRing: reloading many keys takes no more memory for them", "[files]") {
  const Place place;
  lock_key_memory();
  const NewPrivateKey pair = generate_private_key(dkim::PublicKey::Type::rsa);
  constexpr int count = 300;
  {
    const auto lock = place.directory.lock();
    REQUIRE(lock);
    keyring::Index index;
    for (int number = 0; number < count; ++number) {
      Key key = test::made_up_key("d" + std::to_string(number) + ".example", "r", State::active);
      key.record = dkim::format_key_record(pair.public_key);
      REQUIRE(index.add(key));
      REQUIRE(place.directory.store_key(*lock, key, pair.pem));
    }
    REQUIRE(place.directory.store_index(*lock, index));
  }
  auto ring = *KeyRing::load(place.directory);
  REQUIRE(ring->usable().keys().size() == count);
  // Each round would take another 300 KB of the 4 MB if the rings had keys of their own.
  std::vector<std::shared_ptr<const KeyRing>> kept = {ring};
  for (int round = 0; round < 20; ++round) {
    ring = *KeyRing::load(place.directory, ring.get());
    REQUIRE(ring->problems().empty());
    kept.push_back(ring);
  }
  CHECK(key_of(*kept.front(), "d7.example") == key_of(*kept.back(), "d7.example"));
}

}  // namespace
}  // namespace postern::io
