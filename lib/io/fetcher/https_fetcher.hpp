// Fetching small files over HTTPS in the background, as MTA-STS wants it (RFC 8461 §3.3).
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/io/asio/child_process.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/https/request.hpp"

namespace postern::io {

struct FetcherOptions {
  std::string program;  ///< Path of postern-fetch.
  HttpsOptions https;   ///< The timeout is from fetch() to the answer, waiting included.
  std::size_t max_parallel = 16;
  std::size_t max_waiting = 256;  ///< Further URLs fail at once.
};

/// Each request is a process of its own, postern-fetch, which talks to the server and is killed at
/// the deadline: TLS and HTTP of strangers stay out of this one. Only 200 with the right content
/// type is a success; redirects are not followed, proxies and credentials of the environment are
/// not used, the certificate has to be valid for the host.
class HttpsFetcher {
 public:
  /// Called once for each fetch(), in the loop's thread, perhaps by fetch() itself (too many wait,
  /// or the program cannot be run) or by the destructor; it must neither wait nor throw.
  using Done = std::function<void(const HttpsResult& result)>;

  /// \param loop  Outlives the fetcher.
  HttpsFetcher(EventLoop& loop, FetcherOptions options)
      : loop_(loop), options_(std::move(options)) {}
  HttpsFetcher(const HttpsFetcher&) = delete;
  HttpsFetcher& operator=(const HttpsFetcher&) = delete;
  HttpsFetcher(HttpsFetcher&&) = delete;
  HttpsFetcher& operator=(HttpsFetcher&&) = delete;
  /// What is not done ends as a failure first.
  ~HttpsFetcher();

  /// In the loop's thread; does not wait. Several for one URL at the same time become one request.
  void fetch(HttpsRequest request, Done done);

 private:
  using Clock = std::chrono::steady_clock;
  struct Flight {
    HttpsRequest request;
    Clock::time_point deadline;
    std::vector<Done> callbacks;
    std::unique_ptr<ChildProcess> child;  // null while it waits
  };

  [[nodiscard]] bool may_add(const std::string& url) const;
  void start_some();
  void start(Flight& flight);
  void finish(const std::string& url, const HttpsResult& result);
  [[nodiscard]] std::vector<std::string> command(const HttpsRequest& request,
                                                 std::chrono::milliseconds left) const;
  [[nodiscard]] HttpsResult result_of(ChildEnd end) const;

  EventLoop& loop_;
  const FetcherOptions options_;
  std::map<std::string, Flight> flights_;  // by URL
  std::deque<std::string> queue_;          // URLs of flights that wait
  std::size_t running_ = 0;
};

}  // namespace postern::io
