#include "dovecot-plugins/learner/reception.hpp"

#include <memory>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"
#include "lib/io/training/spool_reader.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/training/digest.hpp"
#include "lib/training/event.hpp"
#include "lib/training/line_ends.hpp"

namespace postern::learner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes line_interval{1};
constexpr std::size_t max_waiting = 10'000;  // events accepted and not yet in the ledger
constexpr std::size_t spool_portion = 16;    // files before it is the turn of the socket
constexpr std::chrono::milliseconds soon{1};

io::Senders senders_of(const training::Settings& settings) {
  return {settings.senders, settings.system_users};
}

}  // namespace

Reception::Reception(Services& services, Bookkeeper& bookkeeper, UsageBook& usages,
                     const dkim::Crypto& crypto)
    : services_(services),
      bookkeeper_(bookkeeper),
      usages_(usages),
      crypto_(crypto),
      senders_(senders_of(services.site->learner)),
      server_(services.loop, [this](io::Packet packet) { return on_packet(std::move(packet)); }) {
  reload();
}

void Reception::reload() {
  senders_ = senders_of(services_.site->learner);
  for (const std::string& name : senders_.unknown()) {
    services_.log.write(event::sender_unknown,
                        io::Log::line(event::sender_unknown).add("name", name));
  }
}

void Reception::watch_spool() {
  drain_spool();
}

void Reception::stop() {
  spool_timer_ = {};
  server_.drain();
}

std::optional<char> Reception::on_packet(io::Packet packet) {
  constexpr std::nullopt_t close = std::nullopt;
  if (quota::is_usage(packet.text)) {
    if (take_usage(packet.text, packet.sender)) return io::training_receipt;
    return close;
  }
  if (!packet.file) {
    refuse("an event without a message", packet.sender);
    return close;
  }
  const auto message =
      io::read_sealed_message(packet.file.get(), services_.site->learner.max_message.bytes);
  if (!message) {
    refuse(message.error(), packet.sender);
    return close;
  }
  switch (take(packet.text, *message, packet.sender)) {
    case Taking::taken: return io::training_receipt;
    case Taking::refused: return io::training_refusal;
    case Taking::impossible: break;
  }
  return close;
}

bool Reception::take_usage(std::string_view line, uid_t sender) {
  auto usage = quota::parse_usage(line);
  if (!usage) {
    refuse(usage.error().problem, sender);
    return false;
  }
  if (may_speak(sender, usage->user)) return usages_.add(std::move(*usage));
  // Whoever it is: there is somebody who says that it has changed, and Dovecot can be asked.
  (void)usages_.add(quota::unknown_usage(usage->user, io::wall_clock()));
  return false;
}

bool Reception::may_speak(uid_t sender, const std::string& user) {
  if (senders_.may_speak(sender, user)) return true;
  refuse("speaks for " + user + ", which learner.senders does not allow", sender);
  return false;
}

void Reception::drain_spool() {
  const auto& settings = services_.site->learner;
  const auto listed = settings.spool.empty() ? std::vector<io::Spooled>()
                                             : io::list_spool(settings.spool, spool_portion);
  if (!listed) fail(listed.error());
  const bool has_more = listed && take_spooled(*listed);
  spool_timer_ =
      services_.loop.after(has_more ? soon : settings.spool_interval, [this] { drain_spool(); });
}

// False when there are none, or some had to be left.
bool Reception::take_spooled(const std::vector<io::Spooled>& files) {
  const auto& settings = services_.site->learner;
  std::size_t done = 0;
  for (const io::Spooled& file : files) {
    auto text = io::read_spooled(file, settings.max_message.bytes + training::max_event_size);
    auto parts =
        text ? io::parse_training_file(std::move(*text))
             : Expected<io::TrainingFile, std::string>(Unexpected<std::string>(text.error()));
    const Taking taking = parts ? take(parts->line, parts->message, file.sender) : Taking::refused;
    if (!parts) refuse(parts.error(), file.sender);
    if (taking == Taking::impossible) break;
    if (!io::remove_spooled(file)) {
      fail(file.path + ": cannot be removed; the learner must be in the group of learner.spool");
      break;
    }
    ++done;
  }
  return !files.empty() && done == files.size();
}

Reception::Taking Reception::take(std::string_view line, std::string_view message, uid_t sender) {
  auto event = training::parse_event(line);
  if (!event) {
    refuse(event.error().problem, sender);
    return Taking::refused;
  }
  if (!may_speak(sender, event->user)) return Taking::refused;
  if (bookkeeper_.waiting() >= max_waiting) return Taking::impossible;
  const std::string text = training::with_line_ends(message);
  event->hash = training::digest_of(text, crypto_);
  // Named after the sender as well, so that nobody replaces what another has sent.
  std::string name = event->id + "." + std::to_string(sender);
  const auto accepted = services_.directory.accept(name, training::format(*event), text);
  if (!accepted) {
    fail(accepted.error());
    return Taking::impossible;
  }
  bookkeeper_.add(std::move(name));
  return Taking::taken;
}

void Reception::refuse(std::string_view problem, uid_t sender) {
  ++refused_;
  const auto now = Clock::now();
  if (now < next_refusal_) return;
  next_refusal_ = now + line_interval;
  auto line = io::Log::line(event::training_refused);
  line.add("problem", problem).add("sender", static_cast<std::int64_t>(sender));
  line.add("count", refused_);
  services_.log.write(event::training_refused, line);
  refused_ = 0;
}

void Reception::fail(const std::string& problem) {
  const auto now = Clock::now();
  if (now < next_failure_) return;
  next_failure_ = now + line_interval;
  services_.log.write(event::learner_failed,
                      io::Log::line(event::learner_failed).add("problem", problem));
}

}  // namespace postern::learner
