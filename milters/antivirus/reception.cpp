#include "milters/antivirus/reception.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <numeric>
#include <utility>

#include "lib/event/catalogue.hpp"

namespace postern::avscan {
namespace {

constexpr std::size_t max_clients = 400;
constexpr std::chrono::minutes idle_time{10};
constexpr std::chrono::minutes line_interval{1};

io::Senders users_of(const antivirus::ScannerSettings& settings) {
  return {settings.clients, false};
}

// Memory that nobody can change any more, as long as the objects together. It is not looked into.
bool fits(const antivirus::ScanRequest& request, const io::FileDescriptor& memory) {
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  struct stat status {};
  if ((::fcntl(memory.get(), F_GET_SEALS) & seals) != seals) return false;
  if (::fstat(memory.get(), &status) != 0) return false;
  const auto octets = std::accumulate(
      request.objects.begin(), request.objects.end(), std::uint64_t{0},
      [](std::uint64_t sum, const antivirus::Object& object) { return sum + object.size; });
  return static_cast<std::uint64_t>(status.st_size) == octets;
}

}  // namespace

Reception::Reception(io::EventLoop& loop, io::Log& log, Dispatcher& dispatcher,
                     Generations& generations, const antivirus::ScannerSettings& settings)
    : loop_(loop),
      log_(log),
      dispatcher_(dispatcher),
      generations_(generations),
      users_(users_of(settings)) {
  reload(settings);
}

void Reception::serve(io::Listener listener) {
  Door door;
  door.listener = std::make_unique<io::Listener>(std::move(listener));
  door.acceptor = std::make_unique<io::PacketAcceptor>(
      loop_, door.listener->descriptor(),
      [this](io::FileDescriptor socket, uid_t user) { on_client(std::move(socket), user); });
  doors_.push_back(std::move(door));
}

void Reception::reload(const antivirus::ScannerSettings& settings) {
  users_ = users_of(settings);
  for (const std::string& name : users_.unknown()) {
    auto line = io::Log::line(event::scanner_client_unknown);
    log_.write(event::scanner_client_unknown, line.add("name", name));
  }
}

void Reception::stop() {
  doors_.clear();
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto place = client++;
    if (!place->job) close(place);
  }
}

bool Reception::may_ask(uid_t user) {
  return user == ::geteuid() || users_.may_speak(user, {});
}

void Reception::on_client(io::FileDescriptor socket, uid_t user) {
  if (!may_ask(user)) return refuse("scanner.clients does not have this user", user);
  if (clients_.size() >= max_clients) return refuse("there are too many clients", user);
  const Place client = clients_.emplace(clients_.end());
  client->user = user;
  client->channel = std::make_shared<io::PacketChannel>(
      loop_, std::move(socket), antivirus::max_packet_size,
      io::PacketChannel::Callbacks{
          [this, client](const std::string& text, io::FileDescriptor file) {
            on_packet(client, text, std::move(file));
          },
          [this, client] { close(client); }});
  wait_idle(client);
}

void Reception::wait_idle(Place client) {
  client->idle = loop_.after(idle_time, [this, client] { close(client); });
}

void Reception::on_packet(Place client, const std::string& text, io::FileDescriptor file) {
  client->idle = {};
  if (client->job || client->waits) {
    refuse("asks before it has its answer", client->user);
    return close(client);
  }
  const auto control = antivirus::parse_control_request(text);
  if (control) return on_control(client, *control);
  on_scan(client, text, std::move(file));
}

void Reception::on_scan(Place client, const std::string& text, io::FileDescriptor file) {
  auto request = antivirus::parse_scan_request(text);
  if (!request || !fits(*request, file)) {
    refuse(request ? "sends no sealed memory of the size it says" : request.error().problem,
           client->user);
    return close(client);
  }
  // The answer may come at once, or when the job is known.
  const auto answered = std::make_shared<bool>(false);
  auto job = dispatcher_.submit(std::move(*request), std::move(file),
                                [this, client, answered](const antivirus::ScanAnswer& result) {
                                  *answered = true;
                                  answer(client, format(result));
                                });
  if (!*answered) client->job = std::move(job);
}

void Reception::on_control(Place client, antivirus::ControlRequest request) {
  if (request == antivirus::ControlRequest::status) return answer(client, format(status()));
  client->waits = true;
  // A client that does not wait for the end is not there any more.
  const std::weak_ptr<io::PacketChannel> weak = client->channel;
  generations_.load_again([this, client, weak](const antivirus::ReloadAnswer& result) {
    if (!weak.expired()) answer(client, format(result));
  });
}

void Reception::answer(Place client, const std::string& text) {
  client->waits = false;
  client->job.reset();
  if (!client->channel->send(text) || doors_.empty()) return close(client);
  wait_idle(client);
}

void Reception::close(Place client) {
  if (client->job) Dispatcher::abandon(*client->job);
  clients_.erase(client);
}

antivirus::Status Reception::status() const {
  antivirus::Status status;
  generations_.describe(status);
  const Counts& counts = dispatcher_.counts();
  status.waiting = static_cast<std::int64_t>(dispatcher_.waiting());
  status.scanned = counts.scanned;
  status.infected = counts.infected;
  status.unscannable = counts.unscannable;
  status.retried = counts.retried;
  status.cache_hits = counts.cache_hits;
  return status;
}

void Reception::refuse(std::string_view problem, uid_t user) {
  ++refused_;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_refusal_) return;
  next_refusal_ = now + line_interval;
  auto line = io::Log::line(event::scanner_refused);
  line.add("problem", problem).add("user", static_cast<std::int64_t>(user));
  line.add("count", refused_);
  log_.write(event::scanner_refused, line);
  refused_ = 0;
}

}  // namespace postern::avscan
