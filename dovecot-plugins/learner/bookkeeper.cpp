#include "dovecot-plugins/learner/bookkeeper.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/sockets/datagram_sender.hpp"
#include "lib/store/key.hpp"
#include "lib/training/client.hpp"

namespace postern::learner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds retry_interval{2};
constexpr std::chrono::minutes complaint_interval{1};
constexpr std::chrono::hours day{24};
// Such a part of a limit may come before the limits are enforced again.
constexpr std::uint64_t share_of_user = 4;
constexpr std::uint64_t share_of_total = 16;
constexpr std::size_t shown_hash = 16;  // digits in a log line

training::OwnMarks own_marks(const io::Site& site) {
  return {site.general.authserv_id, site.learner.hosts, site.general.local_networks};
}

store::Operation share_of_day(const training::Event& event, std::uint32_t amount) {
  return store::Take{store::bounded_key("t/f/", {training::user_part(event.user)}),
                     store::Take::Algorithm::sliding_window,
                     amount,
                     day,
                     1,
                     event.id};
}

}  // namespace

// The event in hand. Answers of the store find it by a weak pointer, since a stop may end it.
struct Bookkeeper::Entry {
  std::string name;
  training::Event event;
  std::string message;
  store::Known known;
  std::optional<reputation::Event> client;
  Clock::time_point begin = Clock::now();
};

Bookkeeper::Bookkeeper(Services& services) : services_(services) {}
Bookkeeper::~Bookkeeper() = default;

void Bookkeeper::resume() {
  for (std::string& name : services_.directory.accepted()) names_.push_back(std::move(name));
  enforce_limits(services_.site->learner.keep_total.bytes);
  next();
}

void Bookkeeper::add(std::string name) {
  names_.push_back(std::move(name));
  if (!entry_ && !retry_.is_set()) services_.loop.post([this] { next(); });
}

void Bookkeeper::next() {
  while (!entry_ && !names_.empty() && !retry_.is_set()) {
    auto entry = std::make_shared<Entry>();
    entry->name = std::move(names_.front());
    names_.pop_front();
    if (!read(*entry)) continue;
    entry_ = std::move(entry);
    advance();
  }
}

bool Bookkeeper::read(Entry& entry) {
  auto file = services_.directory.read(entry.name);
  if (!file) {
    // Gone: accepted twice, it was done once. Otherwise its turn comes again, after the others'.
    if (!services_.directory.contains(entry.name)) return false;
    complain(file.error());
    names_.push_back(entry.name);
    set_retry();
    return false;
  }
  auto event = training::parse_event(file->line);
  if (!event || event->hash.empty()) {
    complain(entry.name + ": was not written by postern-learner, and is removed");
    services_.directory.drop(entry.name);
    return false;
  }
  entry.event = std::move(*event);
  entry.message = std::move(file->message);
  return true;
}

void Bookkeeper::advance() {
  store::Wants wants(entry_->known);
  auto decision = training::evaluate(entry_->event, wants);
  if (decision) return write(std::move(*decision));
  const auto missing = wants.missing();
  services_.store.run(missing, [this, missing, weak = std::weak_ptr(entry_)](
                                   const auto&, const io::StoreWorker::Results& results) {
    const auto entry = weak.lock();
    if (!entry) return;
    if (!results) return try_later();
    for (std::size_t i = 0; i < missing.size(); ++i) entry->known.add(missing[i], (*results)[i]);
    advance();
  });
}

void Bookkeeper::write(training::Decision decision) {
  if (decision.writes.empty()) return finish(decision);
  const auto writes = decision.writes;
  services_.store.run(writes, [this, decision = std::move(decision), weak = std::weak_ptr(entry_)](
                                  const auto&, const io::StoreWorker::Results& results) {
    if (weak.expired()) return;
    if (!results) return try_later();
    finish(decision);
  });
}

void Bookkeeper::finish(const training::Decision& decision) {
  if (decision.is_news() && services_.site->learner.feeds_reputation) {
    entry_->client =
        training::client_event(entry_->event, entry_->message, own_marks(*services_.site));
  }
  if (!put_away(decision)) return try_later();
  const auto& client = entry_->client;
  if (client) tell_reputation(*client);
  write_line(decision);
  entry_.reset();
  services_.loop.post([this] { next(); });
}

void Bookkeeper::write_line(const training::Decision& decision) const {
  const auto& event = entry_->event;
  auto line = io::Log::line(event::training);
  line.add("user", event.user).add("kind", to_word(event.kind));
  line.add("source", to_word(event.source));
  line.add("from", to_word(event.from)).add("to", to_word(event.to));
  line.add("result", to_word(decision.outcome));
  if (decision.is_repeated) line.add("repeated", "yes");
  if (decision.is_news()) line.add("kept", static_cast<std::int64_t>(entry_->message.size()));
  const auto& client = entry_->client;
  if (client) line.add("client", client->client.text());
  line.add("hash", std::string_view(event.hash).substr(0, shown_hash));
  line.add(
      "ms",
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - entry_->begin).count());
  services_.log.write(event::training, line);
}

// The last step: from then on the event is history. False when it must be tried again.
bool Bookkeeper::put_away(const training::Decision& decision) {
  if (!decision.is_news()) {
    if (decision.outcome == training::Outcome::forgotten) {
      services_.directory.forget(entry_->event.user, entry_->event.hash);
    }
    services_.directory.drop(entry_->name);
    return true;
  }
  const auto kept = services_.directory.keep(entry_->name, entry_->event.user, entry_->event.hash);
  if (!kept) {
    complain(kept.error());
    return false;
  }
  enforce_limits(entry_->message.size() + format(entry_->event).size());
  return true;
}

// Nobody waits for it. The feed counts each message once, so that telling it again does no harm.
void Bookkeeper::tell_reputation(const reputation::Event& event) {
  const std::string& socket = services_.site->feed_socket;
  const std::uint32_t amount = services_.site->learner.reputation_per_day;
  if (socket.empty() || amount == 0) return;
  services_.store.run({share_of_day(entry_->event, amount)},
                      [socket, line = reputation::format(event)](
                          const auto&, const io::StoreWorker::Results& results) {
                        if (!results) return;
                        const auto* share = std::get_if<store::Admission>(&results->front());
                        if (share != nullptr && share->admitted)
                          (void)io::DatagramSender(socket).send(line);
                      });
}

void Bookkeeper::try_later() {
  names_.push_front(std::move(entry_->name));
  entry_.reset();
  set_retry();
}

void Bookkeeper::set_retry() {
  retry_ = services_.loop.after(retry_interval, [this] {
    retry_ = {};
    next();
  });
}

void Bookkeeper::complain(const std::string& problem) {
  const auto now = Clock::now();
  if (now < next_complaint_) return;
  next_complaint_ = now + complaint_interval;
  services_.log.write(event::learner_failed,
                      io::Log::line(event::learner_failed).add("problem", problem));
}

void Bookkeeper::enforce_limits(std::uint64_t added) {
  const auto& settings = services_.site->learner;
  const std::uint64_t per_user = settings.keep_per_user.bytes;
  const std::uint64_t total = settings.keep_total.bytes;
  added_ += added;
  if (added_ < std::min(per_user / share_of_user, total / share_of_total)) return;
  added_ = 0;
  // How many went is no news: it is what the limits are for.
  static_cast<void>(services_.directory.enforce({per_user, total}));
}

}  // namespace postern::learner
