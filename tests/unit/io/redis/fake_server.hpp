// A server that answers as a test wants, on a unix socket.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/io/redis/redis_store.hpp"

namespace postern::test {

/// Answers the first command of a connection (SCRIPT LOAD) rightly, and then sends the same octets
/// for each piece that it receives.
class FakeRedis {
 public:
  enum class Mode {
    answer,
    silent,           ///< Accepts, and never answers, not even SCRIPT LOAD.
    drip,             ///< One octet of an endless answer every 20 ms.
    close_after_read  ///< Takes a command, and closes.
  };
  explicit FakeRedis(Mode mode, std::string octets = {});
  FakeRedis(const FakeRedis&) = delete;
  FakeRedis& operator=(const FakeRedis&) = delete;
  ~FakeRedis();

  [[nodiscard]] io::RedisOptions options() const;
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void work();
  void serve(int client);

  const Mode mode_;
  const std::string octets_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::thread worker_;
};

}  // namespace postern::test
