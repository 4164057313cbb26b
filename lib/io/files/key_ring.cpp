#include "lib/io/files/key_ring.hpp"

#include "lib/dkim/key.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/keyring/choice.hpp"

namespace postern::io {

Expected<std::shared_ptr<const KeyRing>, std::string> KeyRing::load(const KeyDirectory& directory) {
  const std::shared_ptr<KeyRing> ring(new KeyRing());
  // Before the index is read: a change meanwhile makes the caller load once more.
  ring->generation_ = directory.generation();
  const auto index = directory.load_index();
  if (!index) return Unexpected<std::string>(index.error());
  for (const keyring::Key& key : index->keys()) {
    if (key.state == keyring::State::active) ring->add(directory, key);
  }
  return std::shared_ptr<const KeyRing>(ring);
}

// Keys come in the order of the index, so that both lists stay in step.
void KeyRing::add(const KeyDirectory& directory, const keyring::Key& key) {
  const auto text = directory.load_key(key);
  if (!text) {
    problems_.push_back(text.error());
    return;
  }
  auto loaded = parse_private_key(text->view());
  if (!loaded) {
    problems_.push_back(directory.key_file(key) + ": " + loaded.error());
    return;
  }
  const auto record = dkim::parse_key_record(key.record);
  if (!record || (*loaded)->public_key() != record->key) {
    problems_.push_back(
        directory.key_file(key) + ": is not the private key of " + key.record_name() +
        "; restore the file, or make a new key with: " + "postern dkim rotate " + key.domain);
    return;
  }
  if (usable_.add(key)) private_keys_.push_back(std::move(*loaded));
}

std::vector<dkim::SigningKey> KeyRing::keys_for(std::string_view author_domain,
                                                bool allow_parents) const {
  std::vector<dkim::SigningKey> found;
  for (const keyring::Key* key : keyring::keys_for(usable_, author_domain, allow_parents)) {
    const auto at = static_cast<std::size_t>(key - usable_.keys().data());
    found.push_back({key->domain, key->selector, private_keys_[at]});
  }
  return found;
}

std::vector<std::string> KeyRing::domains() const {
  std::vector<std::string> names;
  for (const keyring::Key& key : usable_.keys()) {
    if (names.empty() || names.back() != key.domain) names.push_back(key.domain);
  }
  return names;
}

}  // namespace postern::io
