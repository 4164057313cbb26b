// Fetching small files over HTTPS in the background, as MTA-STS wants it (RFC 8461 §3.3).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

struct HttpsOptions {
  std::chrono::milliseconds timeout{10'000};  ///< From fetch() to the answer, waiting included.
  std::size_t max_body = 64 * 1024;           ///< Octets.
  std::string content_type = "text/plain";    ///< What the server has to say of the body.
  std::string ca_file;     ///< PEM of the authorities trusted; empty: those of the system.
  std::string connect_to;  ///< "ADDRESS:PORT" instead of those of requests, for tests.
  std::size_t max_parallel = 16;
  std::size_t max_waiting = 256;  ///< Further URLs fail at once.
};

struct HttpsRequest {
  std::string url;  ///< "https://HOST/…", without a port.
  /// Of the host; the system's resolver is never asked. Without any, and without connect_to, the
  /// request fails.
  std::vector<IpAddress> addresses;
};

/// The body, or one printable line that says why there is none.
using HttpsResult = Expected<std::string, std::string>;

/// One thread does all. Only 200 with the right content type is a success; redirects are not
/// followed, proxies and credentials of the environment are not used, the certificate has to be
/// valid for the host.
class HttpsFetcher {
 public:
  /// Called once for each fetch(), by the fetcher's thread, or by fetch() itself when too many
  /// wait; it must neither wait nor throw.
  using Done = std::function<void(const HttpsResult& result)>;

  explicit HttpsFetcher(HttpsOptions options);
  HttpsFetcher(const HttpsFetcher&) = delete;
  HttpsFetcher& operator=(const HttpsFetcher&) = delete;
  /// What is not done ends as a failure first.
  ~HttpsFetcher();

  /// From any thread; does not wait. Several for one URL at the same time become one request.
  void fetch(HttpsRequest request, Done done);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace postern::io
