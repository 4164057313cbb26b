#include "lib/io/resolver/unbound_core.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include <unbound-event.h>

#include "lib/dns/name.hpp"
#include "lib/io/resolver/packet.hpp"

namespace postern::io {
namespace {

constexpr int class_in = 1;
constexpr int rcode_nxdomain = 3;
// What libunbound says of an answer.
constexpr int security_bogus = 1;
constexpr int security_secure = 2;
// How often a failed question is asked again while nothing is answered. libunbound itself remembers
// a failure for 5 s, so that in fact every second probe asks.
constexpr timeval probe_interval{5, 0};

// Signals belong to the program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  SignalsBlocked(SignalsBlocked&&) = delete;
  SignalsBlocked& operator=(SignalsBlocked&&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

DecodedAnswer decode(int rcode, std::span<const std::uint8_t> packet, int security,
                     const dns::Question& question, bool validates) {
  DecodedAnswer decoded;
  if (security == security_bogus) {
    decoded.answer.status = dns::Status::servfail;
    decoded.answer.security = dns::Security::bogus;
    return decoded;
  }
  if (rcode == 0) {
    decoded = decode_answer(packet, question);
  } else {
    decoded.answer.status = rcode == rcode_nxdomain ? dns::Status::nxdomain : dns::Status::servfail;
  }
  if (decoded.answer.is_failure() || !validates) return decoded;
  decoded.answer.security =
      security == security_secure ? dns::Security::secure : dns::Security::insecure;
  return decoded;
}

}  // namespace

UnboundCore::UnboundCore(const UnboundSettings& settings, HealthCallback on_health)
    : cache_(settings.cache),
      on_health_(std::move(on_health)),
      flights_(settings.max_open_questions) {}

UnboundCore::~UnboundCore() {
  stop();
}

Expected<void, std::string> UnboundCore::start(const UnboundSettings& settings) {
  base_.reset(event_base_new());
  wake_descriptor_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (!base_ || wake_descriptor_ < 0) {
    return Unexpected<std::string>("resolver: no event loop: " +
                                   std::generic_category().message(errno));
  }
  auto made = make_unbound_context(settings, base_.get());
  if (!made) return Unexpected<std::string>(made.error());
  context_ = std::move(made->context);
  validates_ = made->validates;
  wake_event_.reset(event_new(base_.get(), wake_descriptor_, EV_READ | EV_PERSIST, on_wake, this));
  probe_timer_.reset(event_new(base_.get(), -1, EV_PERSIST, on_probe_time, this));
  if (!wake_event_ || !probe_timer_ || event_add(wake_event_.get(), nullptr) != 0) {
    return Unexpected<std::string>("resolver: no memory for an event");
  }
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return Unexpected<std::string>(std::string("resolver: no thread: ") + error.what());
  }
  const std::lock_guard lock(mutex_);
  stopped_ = false;
  return {};
}

void UnboundCore::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (thread_.joinable()) wake();
  }
  if (thread_.joinable()) thread_.join();
  // First the flights: deleting the context answers what is outstanding with failures.
  std::vector<Flights::Landed> left;
  {
    const std::lock_guard lock(mutex_);
    left = flights_.land_all();
  }
  for (const Flights::Landed& landed : left) {
    for (const auto& mailbox : landed.waiting) mailbox->deliver({{landed.question, timeout_}});
  }
  context_.reset();
  sent_.clear();
  probe_timer_.reset();
  wake_event_.reset();
  base_.reset();
  if (wake_descriptor_ >= 0) close(std::exchange(wake_descriptor_, -1));
}

void UnboundCore::submit(const dns::Questions& questions, const std::shared_ptr<Mailbox>& mailbox,
                         Effort effort) {
  const Clock::time_point now = Clock::now();
  Deliveries at_once;
  dns::Questions unknown;
  at_once.reserve(questions.size());
  for (const dns::Question& question : questions) {
    SharedAnswer answer = known_answer(question, now);
    if (!answer && effort == Effort::only_known) answer = timeout_;
    if (answer) {
      at_once.push_back({question, std::move(answer)});
    } else {
      unknown.push_back(question);
    }
  }
  counters_.questions += questions.size();
  if (!unknown.empty()) {
    const std::lock_guard lock(mutex_);
    const bool is_awake = !departures_.empty();
    for (const dns::Question& question : unknown) {
      SharedAnswer answer = board(question, mailbox, now);
      if (answer) at_once.push_back({question, std::move(answer)});
    }
    if (!is_awake && !departures_.empty()) wake();
  }
  mailbox->deliver(std::move(at_once));
}

SharedAnswer UnboundCore::known_answer(const dns::Question& question, Clock::time_point now) {
  SharedAnswer answer = cache_.find(question, now);
  if (answer) {
    ++counters_.cache_hits;
    return answer;
  }
  const auto name = dns::parse_name(question.name);
  if (!name || *name != question.name) return servfail_;  // no such question can be sent
  return nullptr;
}

SharedAnswer UnboundCore::board(const dns::Question& question,
                                const std::shared_ptr<Mailbox>& mailbox, Clock::time_point now) {
  if (stopped_) return timeout_;
  const Flights::Boarded boarded = flights_.board(question, mailbox, now);
  switch (boarded.boarding) {
    case Flights::Boarding::started: departures_.push_back(boarded.id); return nullptr;
    case Flights::Boarding::joined: ++counters_.joined; return nullptr;
    case Flights::Boarding::full: ++counters_.refused; return not_asked_;
  }
  return servfail_;
}

ResolverStatistics UnboundCore::statistics() const {
  ResolverStatistics now;
  now.questions = counters_.questions;
  now.cache_hits = counters_.cache_hits;
  now.joined = counters_.joined;
  now.failures = counters_.failures;
  now.refused = counters_.refused;
  now.cached = cache_.entries();
  now.cached_bytes = cache_.bytes();
  const std::lock_guard lock(mutex_);
  now.open = flights_.size();
  return now;
}

// An eventfd takes any number of wakeups, so the write cannot fail in a way that matters.
void UnboundCore::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_descriptor_, &one, sizeof one);
}

void UnboundCore::run() {
  pthread_setname_np(pthread_self(), "postern-dns");
  event_base_dispatch(base_.get());
}

// An exception may not pass through C code. What is lost by one becomes a timeout of who waits.
void UnboundCore::on_wake(int descriptor, short, void* core) noexcept {
  try {
    std::uint64_t wakeups = 0;
    [[maybe_unused]] const ssize_t got = read(descriptor, &wakeups, sizeof wakeups);
    static_cast<UnboundCore*>(core)->read_departures();
  } catch (const std::exception&) {
    return;
  }
}

void UnboundCore::read_departures() {
  std::vector<Flights::Id> departures;
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    departures.swap(departures_);
    stopped = stopped_;
  }
  if (stopped) {
    event_base_loopbreak(base_.get());
    return;
  }
  for (const Flights::Id id : departures) send(id);
}

void UnboundCore::send(Flights::Id id) {
  std::string name;
  int type = 0;
  {
    const std::lock_guard lock(mutex_);
    const dns::Question* question = flights_.question(id);
    if (question == nullptr) return;
    name = escaped_name(question->name);
    type = type_code(question->type);
  }
  Sent& sent = sent_.emplace(id, Sent{this, id, Clock::now()}).first->second;
  sending_ = true;
  const int error =
      ub_resolve_event(context_.get(), name.c_str(), type, class_in, &sent, on_answer, nullptr);
  sending_ = false;
  if (error != UB_NOERROR) land(sent, error, {}, 0);
}

// NOLINTNEXTLINE(readability-function-size): libunbound says which parameters
void UnboundCore::on_answer(void* flight, int rcode, void* packet, int size, int security, char*,
                            int) noexcept {
  const Sent sent = *static_cast<Sent*>(flight);
  const auto* octets = static_cast<const std::uint8_t*>(packet);
  const bool has_packet = rcode == 0 && packet != nullptr && size > 0;
  try {
    sent.core->land(sent, rcode,
                    {octets, has_packet ? static_cast<std::size_t>(size) : std::size_t{0}},
                    security);
  } catch (const std::exception&) {
    return;
  }
}

void UnboundCore::land(Sent sent, int rcode, std::span<const std::uint8_t> packet, int security) {
  sent_.erase(sent.id);
  std::optional<Flights::Landed> landed;
  {
    const std::lock_guard lock(mutex_);
    landed = flights_.land(sent.id);
  }
  if (!landed) return;
  DecodedAnswer decoded = decode(rcode, packet, security, landed->question, validates_);
  const auto answer = std::make_shared<const dns::Answer>(std::move(decoded.answer));
  cache_.insert(landed->question, answer, decoded.ttl, Clock::now());
  if (answer->is_failure()) ++counters_.failures;
  for (const auto& mailbox : landed->waiting) mailbox->deliver({{landed->question, answer}});
  if (!sending_) note_health(landed->question, sent.at, *answer);
}

// A bogus answer is an answer: the servers work, the domain does not.
void UnboundCore::note_health(const dns::Question& question, Clock::time_point sent,
                              const dns::Answer& answer) {
  const bool failed = answer.is_failure() && answer.security != dns::Security::bogus;
  const auto change = failed ? health_.failure(question.name, sent) : health_.success(Clock::now());
  if (failed) last_failed_ = question;
  if (change) on_health_change(*change);
}

// Nobody may ask for a while, and who does then should not meet an outage that is long over.
void UnboundCore::on_health_change(const HealthChange& change) {
  is_down_ = !change.up;
  if (change.up) {
    event_del(probe_timer_.get());
  } else {
    event_add(probe_timer_.get(), &probe_interval);
  }
  if (on_health_) on_health_(change.up, change.detail);
}

void UnboundCore::on_probe_time(int, short, void* core) noexcept {
  try {
    static_cast<UnboundCore*>(core)->probe();
  } catch (const std::exception&) {
    return;  // the next one
  }
}

// Its answer is news for the health alone.
void UnboundCore::probe() {
  const std::lock_guard lock(mutex_);
  board(last_failed_, std::make_shared<Mailbox>(), Clock::now());
  if (!departures_.empty()) wake();
}

}  // namespace postern::io
