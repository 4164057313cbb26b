#include "policy-daemon/reputation_feed.hpp"

#include "lib/event/catalogue.hpp"
#include "lib/reputation/feed.hpp"

namespace postern {
namespace {

constexpr std::chrono::minutes line_interval{1};

}  // namespace

Expected<void, std::string> ReputationFeed::listen(const std::string& path) {
  auto receiver =
      io::DatagramReceiver::open(services_.loop, path, {"postern-policy", "reputation.feed_socket"},
                                 [this](std::string_view datagram) { on_datagram(datagram); });
  if (!receiver) return Unexpected<std::string>(receiver.error());
  receiver_ = std::move(*receiver);
  return {};
}

void ReputationFeed::on_datagram(std::string_view datagram) {
  const auto event = reputation::parse_event(datagram);
  if (!event) return complain(event.error().problem);
  const auto record = reputation::record(*event, services_.site->policy.reputation);
  const auto once = reputation::once(*event);
  if (!once) return services_.store.run(record, nullptr);
  services_.store.run({*once},
                      [this, record](const auto&, const io::StoreWorker::Results& results) {
                        if (!results) return;  // the store has told
                        const auto* seen = std::get_if<store::Value>(&results->front());
                        if (seen != nullptr && !seen->value) services_.store.run(record, nullptr);
                      });
}

void ReputationFeed::complain(std::string_view problem) {
  ++refused_;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_line_) return;
  next_line_ = now + line_interval;
  auto line = io::Log::line(event::feed_refused);
  line.add("problem", problem).add("count", refused_);
  services_.log.write(event::feed_refused, line);
  refused_ = 0;
}

}  // namespace postern
