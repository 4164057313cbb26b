// The thread that runs libunbound, the questions on their way, and the cache in front.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lib/io/resolver/answer_cache.hpp"
#include "lib/io/resolver/flights.hpp"
#include "lib/io/resolver/health.hpp"
#include "lib/io/resolver/unbound_context.hpp"

namespace postern::io {

/// Inquiries hold it, so it may live longer than its thread.
class UnboundCore final : public AnswerSource {
 public:
  UnboundCore(const UnboundSettings& settings, HealthCallback on_health);
  UnboundCore(const UnboundCore&) = delete;
  UnboundCore& operator=(const UnboundCore&) = delete;
  UnboundCore(UnboundCore&&) = delete;
  UnboundCore& operator=(UnboundCore&&) = delete;
  ~UnboundCore() override;

  /// Sets libunbound up and starts the thread.
  [[nodiscard]] Expected<void, std::string> start(const UnboundSettings& settings);
  /// Ends the thread; questions outstanding and to come become timeouts.
  void stop();

  void submit(const dns::Questions& questions, const std::shared_ptr<Mailbox>& mailbox,
              Effort effort) override;
  [[nodiscard]] ResolverStatistics statistics() const;
  [[nodiscard]] bool is_down() const { return is_down_; }

 private:
  // A failure is shared by all: no allocation during an outage.
  const SharedAnswer servfail_ = failed_answer(dns::Status::servfail);
  const SharedAnswer not_asked_ = failed_answer(dns::Status::not_asked);
  const SharedAnswer timeout_ = failed_answer(dns::Status::timeout);

  // Any thread:
  SharedAnswer known_answer(const dns::Question& question, Clock::time_point now);
  SharedAnswer board(const dns::Question& question, const std::shared_ptr<Mailbox>& mailbox,
                     Clock::time_point now);  // with mutex_ held
  void wake();

  // Only the resolver's thread:
  struct Sent {
    UnboundCore* core;
    Flights::Id id;
    Clock::time_point at;
  };
  void run();
  void read_departures();
  void send(Flights::Id id);
  void land(Sent sent, int rcode, std::span<const std::uint8_t> packet, int security);
  void note_health(const dns::Question& question, Clock::time_point sent,
                   const dns::Answer& answer);
  void on_health_change(const HealthChange& change);
  void probe();
  static void on_wake(int descriptor, short what, void* core) noexcept;
  static void on_probe_time(int descriptor, short what, void* core) noexcept;
  static void on_answer(void* flight, int rcode, void* packet, int size, int security,
                        char* why_bogus, int was_ratelimited) noexcept;

  AnswerCache cache_;
  const HealthCallback on_health_;

  mutable std::mutex mutex_;
  Flights flights_;                      // guarded by mutex_
  std::vector<Flights::Id> departures_;  // guarded by mutex_: started, not yet sent
  bool stopped_ = true;                  // guarded by mutex_

  struct Counters {
    std::atomic<std::uint64_t> questions{0}, cache_hits{0}, joined{0}, failures{0}, refused{0};
  };
  Counters counters_;
  std::atomic<bool> is_down_{false};

  // Only the resolver's thread while it runs:
  EventBase base_;
  UnboundContext context_;
  Event wake_event_;
  Event probe_timer_;
  HealthMonitor health_;
  dns::Question last_failed_;
  // What libunbound holds pointers to. Kept until it answers, even when the flight is lost.
  std::unordered_map<Flights::Id, Sent> sent_;
  bool validates_ = false;
  bool sending_ = false;  // inside ub_resolve_event: an answer that comes now needed no server
  int wake_descriptor_ = -1;
  std::thread thread_;
};

}  // namespace postern::io
