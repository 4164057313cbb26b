// Public keys that are ready for use, the least recently used one forgotten first.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/dkim/crypto.hpp"
#include "lib/io/openssl/handles.hpp"

namespace postern::io {

/// A public key and the contexts made for it. Setting one up costs a seventh of an RSA
/// verification, so those that are not in use wait for the next one. Thread-safe.
class ReadyKey {
 public:
  explicit ReadyKey(Key key) : key_(std::move(key)) {}

  [[nodiscard]] EVP_PKEY* get() const { return key_.get(); }
  /// A context that was given back, or nullptr if there is none.
  [[nodiscard]] KeyContext take_context();
  void give_back(KeyContext context);

 private:
  static constexpr std::size_t max_waiting = 4;

  const Key key_;
  std::mutex mutex_;
  std::vector<KeyContext> waiting_;  // guarded by mutex_
};

/// Thread-safe. A key in use outlives its place in the cache.
class KeyCache {
 public:
  using SharedKey = std::shared_ptr<ReadyKey>;

  explicit KeyCache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  /// The key, built if it is not known; nullptr when OpenSSL refuses it. Two threads that miss at
  /// once both build: the lock is not held meanwhile.
  [[nodiscard]] SharedKey find_or_build(const dkim::PublicKey& key);

  [[nodiscard]] std::size_t size() const;

 private:
  using Entry = std::pair<std::string, SharedKey>;

  [[nodiscard]] SharedKey find(const std::string& id);
  void insert(std::string id, SharedKey key);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> by_use_;  // most recently used first; guarded by mutex_, as is the index
  std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
};

}  // namespace postern::io
