// A DNS server in a thread, for tests of the resolver: the first label of a name says how it is
// answered.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace postern::io {

/// Answers every question on a free UDP port of 127.0.0.1 with a TXT record "hello", but
/// "silent…" never, "late…" after 300 ms, "nx…" with NXDOMAIN, "fail…" with SERVFAIL. The number of
/// queries seen is kept.
class FakeServer {
 public:
  FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  FakeServer(FakeServer&&) = delete;
  FakeServer& operator=(FakeServer&&) = delete;
  ~FakeServer();

  /// "127.0.0.1@PORT", as libunbound writes it.
  [[nodiscard]] std::string address() const { return address_; }
  [[nodiscard]] unsigned queries() const { return queries_; }

 private:
  void run();

  int socket_ = -1;
  std::string address_;
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> queries_{0};
  std::thread thread_;
};

}  // namespace postern::io
