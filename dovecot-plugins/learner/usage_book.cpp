#include "dovecot-plugins/learner/usage_book.hpp"

#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/quota/published.hpp"

namespace postern::learner {
namespace {

constexpr std::size_t max_waiting = 10'000;
constexpr std::size_t batch_size = 64;
constexpr std::chrono::seconds retry_interval{2};

}  // namespace

// The counts in hand.
struct UsageBook::Batch {
  std::vector<quota::Usage> usages;
  store::Known known;
  store::Time now = io::wall_clock();
};

UsageBook::UsageBook(Services& services, std::string host)
    : services_(services), host_(std::move(host)), since_(io::wall_clock()) {}
UsageBook::~UsageBook() = default;

// A host where nobody publishes stays as it is: its disk is not written to for nothing.
void UsageBook::start() {
  services_.store.run(
      {quota::gate_lookup()}, [this](const auto&, const io::StoreWorker::Results& results) {
        const auto* gate = results ? std::get_if<store::Value>(&results->front()) : nullptr;
        if (gate != nullptr && gate->value) begin();
      });
}

void UsageBook::begin() {
  if (!std::exchange(is_publishing_, true)) stay_alive();
}

void UsageBook::stay_alive() {
  services_.store.run(quota::alive_operations(host_, since_), nullptr);
  alive_ = services_.loop.after(quota::alive_interval, [this] { stay_alive(); });
}

bool UsageBook::add(quota::Usage usage) {
  begin();
  if (waiting_.size() >= max_waiting) {
    since_ = io::wall_clock();
    return false;
  }
  usage.host = host_;
  const auto [place, is_new] = waiting_.try_emplace(ascii::to_lower(usage.user));
  if (is_new || place->second.time <= usage.time) place->second = std::move(usage);
  if (!batch_ && !retry_.is_set()) services_.loop.post([this] { next(); });
  return true;
}

void UsageBook::stop() {
  alive_ = {};
  if (is_publishing_) services_.store.run(quota::away_operations(host_), nullptr);
}

void UsageBook::next() {
  if (batch_ || retry_.is_set() || waiting_.empty()) return;
  batch_ = std::make_unique<Batch>();
  while (!waiting_.empty() && batch_->usages.size() < batch_size) {
    batch_->usages.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
  }
  advance();
}

void UsageBook::advance() {
  store::Wants wants(batch_->known);
  std::vector<store::Operation> writes;
  for (const quota::Usage& usage : batch_->usages) {
    const auto more =
        quota::publish(usage, services_.site->policy.settings.quota, wants, batch_->now);
    if (more) writes.insert(writes.end(), more->begin(), more->end());
  }
  if (wants.missing().empty()) return write(std::move(writes));
  services_.store.run(wants.missing(), [this](std::vector<store::Operation> asked,
                                              const io::StoreWorker::Results& results) {
    if (!results) return end(true);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      batch_->known.add(std::move(asked[i]), (*results)[i]);
    }
    advance();
  });
}

void UsageBook::write(std::vector<store::Operation> writes) {
  if (writes.empty()) return end(false);
  services_.store.run(
      std::move(writes),
      [this](const auto&, const io::StoreWorker::Results& results) { end(!results); });
}

// What the store did not take is tried again, unless something later has come of the same user.
void UsageBook::end(bool has_failed) {
  const auto batch = std::exchange(batch_, nullptr);
  if (has_failed) {
    for (quota::Usage& usage : batch->usages) {
      std::string user = ascii::to_lower(usage.user);
      waiting_.try_emplace(std::move(user), std::move(usage));
    }
    retry_ = services_.loop.after(retry_interval, [this] {
      retry_ = {};
      next();
    });
    return;
  }
  services_.loop.post([this] { next(); });
}

}  // namespace postern::learner
