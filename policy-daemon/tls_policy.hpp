// Looks up the MTA-STS policy of a next hop for Postfix: DNS, store, and web server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/io/fetcher/https_fetcher.hpp"
#include "lib/mta_sts/evaluate.hpp"
#include "policy-daemon/knowledge.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

/// One lookup. Lives as long as answers are on their way.
class TlsPolicyLookup : public std::enable_shared_from_this<TlsPolicyLookup> {
 public:
  using Done = std::function<void(const mta_sts::Outcome&)>;

  /// \param done  Called once, in the loop's thread, perhaps before start() returns.
  TlsPolicyLookup(Services& services, io::HttpsFetcher& fetcher, mta_sts::Request request,
                  Done done);

  void start();

 private:
  void advance();
  [[nodiscard]] bool ask(const mta_sts::Needs& needs);
  void fetch(const mta_sts::Fetch& fetch);
  void on_late();
  void finish(const mta_sts::Outcome& outcome);

  Services& services_;
  io::HttpsFetcher& fetcher_;
  const std::shared_ptr<const io::Site> site_;
  const mta_sts::Request request_;
  Done done_;

  std::shared_ptr<Knowledge> knowledge_;  // from start() to finish()
  std::optional<mta_sts::FetchResult> fetched_;
  bool fetching_ = false;
  bool is_late_ = false;
  io::EventLoop::Timer deadline_;
};

}  // namespace postern
