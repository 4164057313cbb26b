#include "milters/verdict_feed.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"

namespace postern {
namespace {

std::shared_ptr<const io::DatagramSender> make_sender(
    const reputation::Configuration& configuration) {
  if (!configuration.enabled || configuration.feed_socket.empty()) return nullptr;
  return std::make_shared<const io::DatagramSender>(configuration.feed_socket);
}

bool nobody_listens(std::error_code problem) {
  return problem == std::errc::no_such_file_or_directory ||
         problem == std::errc::connection_refused;
}

}  // namespace

VerdictFeed::VerdictFeed(const reputation::Configuration& configuration, std::string host,
                         io::Log& log)
    : host_(std::move(host)), log_(log), sender_(make_sender(configuration)) {}

void VerdictFeed::reconfigure(const reputation::Configuration& configuration) {
  auto sender = make_sender(configuration);
  const std::lock_guard lock(mutex_);
  sender_ = std::move(sender);
  problem_ = {};
}

void VerdictFeed::tell(const report::Verdict& verdict, const verdict::Envelope& envelope,
                       std::string_view queue_id) {
  std::shared_ptr<const io::DatagramSender> sender;
  {
    const std::lock_guard lock(mutex_);
    sender = sender_;
  }
  if (!sender) return;
  const std::string id = queue_id.empty() ? std::string() : std::string(queue_id) + "@" + host_;
  const auto event = report::reputation_event(verdict, envelope, id);
  if (event) note(sender->path(), sender->send(reputation::format(*event)));
}

void VerdictFeed::note(const std::string& socket, std::error_code problem) {
  if (nobody_listens(problem)) problem = {};
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(problem_, problem) == problem || !problem) return;
  }
  auto line = io::Log::line(event::feed_unreachable);
  line.add("socket", socket).add("problem", problem.message());
  log_.write(event::feed_unreachable, line);
}

}  // namespace postern
