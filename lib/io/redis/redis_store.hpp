// A store in a Redis or Valkey server, shared by several hosts.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "lib/io/redis/circuit_breaker.hpp"
#include "lib/io/redis/connection.hpp"
#include "lib/io/redis/protocol.hpp"
#include "lib/io/redis/turn.hpp"
#include "lib/store/store.hpp"

namespace postern::io {

struct RedisOptions {
  redis::ServerAddress server;
  redis::TlsOptions tls;
  std::string user;           ///< Empty: the default user.
  std::string password_file;  ///< Its first line; empty: no password. Read at each connecting.
  std::string prefix = "postern:";
  std::chrono::milliseconds timeout{200};  ///< Of a call, with connecting.
};

/// A batch is one pipeline. Values expire by the server's clock; limits and sums count by `now`.
/// Nothing is connected before the first call. A batch that fails is not sent again: the caller
/// knows best whether it may count twice. After a failure, calls fail at once for 100 ms, doubling
/// up to 5 s; then one tries again.
class RedisStore final : public store::Store {
 public:
  explicit RedisStore(RedisOptions options) : options_(std::move(options)) {}

  [[nodiscard]] Expected<std::vector<store::Result>, store::Failure> run(
      std::span<const store::Operation> operations, store::Time now) override;
  /// Asks the server for `limit` keys at a time; it may give a few more.
  [[nodiscard]] Expected<std::vector<store::Item>, store::Failure> scan(std::string_view prefix,
                                                                        std::string& cursor,
                                                                        std::size_t limit,
                                                                        store::Time now) override;
  /// Nothing to do: the server removes what has expired, and makes room by its maxmemory-policy.
  [[nodiscard]] Expected<std::size_t, store::Failure> sweep(std::size_t limit,
                                                            store::Time now) override;
  /// Of the whole server: keys in the database, and memory.
  [[nodiscard]] Expected<store::Statistics, store::Failure> statistics() override;

 private:
  using Replies = std::vector<redis::Reply>;
  using Task = Expected<void, store::Failure>;

  // Runs a task with a connection, for which it waits; afterwards the breaker knows how it went.
  template <typename Body>
  Task with_connection(const Body& body);
  Task connect(redis::Deadline deadline);
  Task log_in(redis::Deadline deadline);
  Task run_once(std::span<const store::Operation> operations, store::Time now,
                redis::Deadline deadline, std::vector<store::Result>& results);
  Task load_script(redis::Deadline deadline);
  Expected<Replies, store::Failure> exchange(std::span<const redis::Command> commands,
                                             redis::Deadline deadline);
  [[nodiscard]] Unexpected<store::Failure> unavailable(const std::string& problem) const;

  const RedisOptions options_;
  redis::Turns turns_;
  redis::CircuitBreaker breaker_;  // of whose turn it is, as all below
  std::string last_problem_;
  redis::Resolver resolver_;
  std::unique_ptr<redis::Connection> connection_;
  std::string sha_;  // of the script, as this connection's server named it
  std::atomic<std::uint64_t> unreadable_ = 0;
};

}  // namespace postern::io
