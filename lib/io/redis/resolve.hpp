// Looking up the addresses of a host without waiting for longer than is wanted.
#pragma once

#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "lib/base/result.hpp"
#include "lib/io/handle.hpp"

namespace postern::io::redis {

using Addresses = CHandle<addrinfo, ::freeaddrinfo>;

/// Asks the system's resolver: files, DNS, or others. It cannot be told to hurry, so names are
/// looked up in a thread. What comes too late for one call is there for the next. The destructor
/// waits for a lookup that is under way. For one thread at a time, and one host.
class Resolver {
 public:
  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  /// Never empty.
  [[nodiscard]] Expected<Addresses, std::string> resolve(
      const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point deadline);

 private:
  void work(const std::string& host, const std::string& port);

  std::thread worker_;  // joinable: a lookup is under way, or its result was not fetched
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;  // under mutex_
  Addresses found_;    // under mutex_; nullptr: not known
};

}  // namespace postern::io::redis
