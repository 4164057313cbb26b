// A directory of accounts for tests, on disk.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "lib/io/accounts/account_directory.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {

/// Made new, in a folder of its own.
struct AccountPlace {
  AccountPlace()
      : root(std::filesystem::temp_directory_path() /
             ("postern-accounts-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
  }
  ~AccountPlace() { std::filesystem::remove_all(root); }
  AccountPlace(const AccountPlace&) = delete;
  AccountPlace& operator=(const AccountPlace&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (root / "accounts" / name).string();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  [[nodiscard]] struct stat status(const std::string& name) const {
    struct stat found {};
    REQUIRE(::lstat(path(name).c_str(), &found) == 0);
    return found;
  }

  std::filesystem::path root;
  AccountDirectory directory{(root / "accounts").string()};
};

}  // namespace postern::io
