#include "policy-daemon/quota_watch.hpp"

#include <utility>

#include "lib/quota/published.hpp"

namespace postern {
namespace {

constexpr std::chrono::seconds interval{5};

}  // namespace

// A store that fails has published nothing: mail is accepted, and Dovecot decides.
void QuotaWatch::look() {
  services_.store.run(
      {quota::gate_lookup()}, [this](const auto&, const io::StoreWorker::Results& results) {
        const auto* gate = results ? std::get_if<store::Value>(&results->front()) : nullptr;
        note(gate != nullptr && gate->value.has_value());
      });
  next_ = services_.loop.after(interval, [this] { look(); });
}

void QuotaWatch::note(bool is_published) {
  if (std::exchange(is_published_, is_published) == is_published) return;
  auto site = std::make_shared<io::Site>(*services_.site);
  site->policy.quota_is_published = is_published;
  services_.site = std::move(site);
}

}  // namespace postern
