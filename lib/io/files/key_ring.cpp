#include "lib/io/files/key_ring.hpp"

#include <new>
#include <utility>

#include "lib/dkim/key.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/io/openssl/private_key_text.hpp"
#include "lib/keyring/choice.hpp"

namespace postern::io {
namespace {

// What reading one key takes of the memory for keys at most, its text included: 4,096 bits. OpenSSL
// does not say that this was lacking, but calls the key unreadable.
constexpr std::size_t room_to_read_a_key = 16 * 1024;

bool has_room_for_a_key() {
  try {
    const SecretBytes room(room_to_read_a_key);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

dkim::Digest digest_of(std::string_view text) {
  static const OpensslCrypto crypto(1);
  const auto hasher = crypto.sha256();
  hasher->update(text);
  return hasher->finish();
}

}  // namespace

Expected<std::shared_ptr<const KeyRing>, std::string> KeyRing::load(const KeyDirectory& directory,
                                                                    const KeyRing* before) {
  const std::shared_ptr<KeyRing> ring(new KeyRing());
  // Before the index is read: a change meanwhile makes the caller load once more.
  ring->generation_ = directory.generation();
  const auto index = directory.load_index();
  if (!index) return Unexpected<std::string>(index.error());
  for (const keyring::Key& key : index->keys()) {
    if (key.state == keyring::State::active) {
      ring->add(directory, key, before);
    } else if (key.state == keyring::State::pending) {
      ring->troubles_.insert({key.domain,
                              {false, "the keys of " + key.domain +
                                          " are pending: postern dkim check " + key.domain}});
    }
  }
  ring->report_full_memory();
  return std::shared_ptr<const KeyRing>(ring);
}

std::shared_ptr<const KeyRing> KeyRing::unreadable(const std::string& problem) {
  const std::shared_ptr<KeyRing> ring(new KeyRing());
  ring->unreadable_ = problem;
  ring->troubles_[""] = {true, problem};
  return ring;
}

// Keys come in the order of the index, so that both lists stay in step.
void KeyRing::add(const KeyDirectory& directory, const keyring::Key& key, const KeyRing* before) {
  auto loaded = load_key(directory, key, before);
  if (!loaded) {
    if (!loaded.error().empty()) problems_.push_back(loaded.error());
    const std::string problem =
        loaded.error().empty() ? "no memory for private keys is left" : loaded.error();
    troubles_[key.domain] = {true, "no key of " + key.domain + " can be used: " + problem};
    return;
  }
  if (usable_.add(key)) private_keys_.push_back(std::move(*loaded));
}

// The error is empty when memory is lacking, which is told once for all keys.
Expected<KeyRing::Loaded, std::string> KeyRing::load_key(const KeyDirectory& directory,
                                                         const keyring::Key& key,
                                                         const KeyRing* before) {
  const auto refuse = [](std::string problem) {
    return Unexpected<std::string>(std::move(problem));
  };
  const auto text = directory.load_key(key);
  if (!text) return refuse(text.error());
  const dkim::Digest digest = digest_of(text->view());
  const Loaded* known = before == nullptr ? nullptr : before->find(key);
  Loaded loaded{nullptr, digest};
  if (known != nullptr && known->file_digest == digest) {
    loaded.key = known->key;
  } else if (!has_room_for_a_key()) {
    ++without_memory_;
    return refuse("");
  } else {
    auto parsed = parse_private_key(text->view());
    if (!parsed) return refuse(directory.key_file(key) + ": " + parsed.error());
    loaded.key = std::move(*parsed);
  }
  const auto record = dkim::parse_key_record(key.record);
  if (!record || loaded.key->public_key() != record->key) {
    return refuse(directory.key_file(key) + ": is not the private key of " + key.record_name() +
                  "; restore the file, or make a new key with: postern dkim rotate " + key.domain);
  }
  return loaded;
}

void KeyRing::report_full_memory() {
  if (without_memory_ == 0) return;
  problems_.push_back("the memory for private keys is full with " +
                      std::to_string(private_keys_.size()) + " keys; " +
                      std::to_string(without_memory_) +
                      " active keys do not sign: retire keys that nobody needs, or sign their "
                      "domains with the key of one above (signing.parent_domains)");
}

const KeyRing::Loaded* KeyRing::find(const keyring::Key& key) const {
  const keyring::Key* found = usable_.find(key.domain, key.selector);
  return found == nullptr ? nullptr
                          : &private_keys_[static_cast<std::size_t>(found - usable_.keys().data())];
}

std::vector<dkim::SigningKey> KeyRing::keys_for(std::string_view author_domain,
                                                bool allow_parents) const {
  std::vector<dkim::SigningKey> found;
  for (const keyring::Key* key : keyring::keys_for(usable_, author_domain, allow_parents)) {
    const auto at = static_cast<std::size_t>(key - usable_.keys().data());
    found.push_back({key->domain, key->selector, private_keys_[at].key});
  }
  return found;
}

dkim::NoKey KeyRing::why_none(std::string_view author_domain, bool allow_parents) const {
  if (!unreadable_.empty()) return {true, "the keys cannot be read: " + unreadable_};
  dkim::NoKey found{false, "no active key for " + std::string(author_domain)};
  bool is_first = true;
  while (true) {
    const auto trouble = troubles_.find(author_domain);
    if (trouble != troubles_.end()) {
      if (trouble->second.is_fault) return trouble->second;
      if (is_first) found = trouble->second;
      is_first = false;
    }
    const std::size_t dot = author_domain.find('.');
    if (!allow_parents || dot == author_domain.npos) return found;
    author_domain.remove_prefix(dot + 1);
  }
}

std::vector<std::string> KeyRing::domains() const {
  std::vector<std::string> names;
  for (const keyring::Key& key : usable_.keys()) {
    if (names.empty() || names.back() != key.domain) names.push_back(key.domain);
  }
  for (const auto& [domain, trouble] : troubles_) {
    const bool is_new = !domain.empty() && usable_.of_domain(domain).empty();
    if (is_new && trouble.is_fault) names.push_back(domain);
  }
  return names;
}

}  // namespace postern::io
