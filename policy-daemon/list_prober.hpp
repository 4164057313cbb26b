// Asks each DNS list now and then whether it works, and switches it off while it does not.
#pragma once

#include <memory>
#include <vector>

#include "lib/dnslist/health.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

class ListProber {
 public:
  explicit ListProber(Services& services) : services_(services) {}
  ListProber(const ListProber&) = delete;
  ListProber& operator=(const ListProber&) = delete;
  ListProber(ListProber&&) = delete;
  ListProber& operator=(ListProber&&) = delete;
  ~ListProber() = default;

  /// Reads what was found before the last stop, and begins to probe the lists of services.site.
  /// Again after a reload.
  void start();

  /// Those of a site that are on.
  [[nodiscard]] std::vector<dnslist::List> active(const io::Site& site) const {
    return health_.active(site.policy.dnslist.lists);
  }

 private:
  struct Round;  // one probe of all lists

  void probe_all();
  void on_arrival();
  void advance(Round& round);
  void end_round();
  void note(const dnslist::List& list, const dnslist::ProbeResult& result);
  void use_active();

  Services& services_;
  dnslist::HealthBook health_;
  std::shared_ptr<Round> round_;
  io::EventLoop::Timer next_;
  io::EventLoop::Timer deadline_;
};

}  // namespace postern
