// Looks now and then whether anybody publishes how full mailboxes are; without that no request has
// to ask for it.
#pragma once

#include "policy-daemon/services.hpp"

namespace postern {

class QuotaWatch {
 public:
  explicit QuotaWatch(Services& services) : services_(services) {}
  QuotaWatch(const QuotaWatch&) = delete;
  QuotaWatch& operator=(const QuotaWatch&) = delete;
  QuotaWatch(QuotaWatch&&) = delete;
  QuotaWatch& operator=(QuotaWatch&&) = delete;
  ~QuotaWatch() = default;

  /// Looks, and again every few seconds; what is found goes into services.site.
  void look();
  [[nodiscard]] bool is_published() const { return is_published_; }

 private:
  void note(bool is_published);

  Services& services_;
  bool is_published_ = false;
  io::EventLoop::Timer next_;
};

}  // namespace postern
