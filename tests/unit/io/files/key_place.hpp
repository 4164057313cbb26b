// A key directory for tests, on disk, with real keys.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lib/dkim/key_record.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::io {

namespace fs = std::filesystem;

/// A key directory that does not exist yet, in a folder of its own.
struct Place {
  Place() : root(fs::temp_directory_path() / ("postern-keys-" + std::to_string(::getpid()))) {
    fs::remove_all(root);
    fs::create_directories(root);
  }
  ~Place() { fs::remove_all(root); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root / name) << text;
    fs::permissions(root / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (root / name).string(); }

  fs::path root;
  KeyDirectory directory{(root / "dkim").string()};
};

inline mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

inline void set_mode(const std::string& path, mode_t mode) {
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

// Makes a real key and puts it in as active.
inline keyring::Key add_real_key(const KeyDirectory& directory, const std::string& domain,
                                 const std::string& selector) {
  const NewPrivateKey pair = generate_private_key(dkim::PublicKey::Type::ed25519);
  keyring::Key key = test::made_up_key(domain, selector, keyring::State::active);
  key.type = dkim::PublicKey::Type::ed25519;
  key.record = dkim::format_key_record(pair.public_key);
  const auto lock = directory.lock();
  REQUIRE(lock);
  auto index = *directory.load_index();
  REQUIRE(index.add(key));
  REQUIRE(directory.store_key(*lock, key, pair.pem));
  REQUIRE(directory.store_index(*lock, index));
  return key;
}

}  // namespace postern::io
