// A redis-server of Debian in a temporary directory, for as long as a test runs.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/io/redis/redis_store.hpp"

namespace postern::test {

class RedisServer {
 public:
  /// \return nullptr when redis-server (or valkey-server) is not installed.
  static std::unique_ptr<RedisServer> start(const std::vector<std::string>& options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] io::RedisOptions options() const;
  /// Runs a command by itself, past the store; the text of its reply.
  std::string command(const io::redis::Command& command) const;
  /// SIGKILL, and starts it again without data.
  void kill();
  void restart();
  void pause();
  void resume();

 private:
  RedisServer() = default;
  void launch();

  std::string program_;
  std::string directory_;
  std::vector<std::string> options_;
  pid_t pid_ = -1;
};

}  // namespace postern::test
