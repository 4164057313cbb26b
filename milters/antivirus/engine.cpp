#include "milters/antivirus/engine.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>
#include <variant>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/process/spawn.hpp"
#include "lib/io/sockets/packet.hpp"

namespace postern::avscan {
namespace {

using antivirus::FromEngine;
using antivirus::ToEngine;

// How soon a child must be gone that the engine was told to kill.
constexpr std::chrono::milliseconds time_to_kill{3000};

constexpr std::chrono::milliseconds first_delay{100};
constexpr std::chrono::milliseconds longest_delay{10'000};

}  // namespace

Expected<std::unique_ptr<Engine>, std::string> Engine::start(
    io::EventLoop& loop, const std::string& program, const antivirus::EngineOptions& options,
    EngineEvents& events) {
  io::PacketPair pair = io::make_packet_pair();
  if (!pair.first) return Unexpected<std::string>("no descriptor is left for a scanner process");
  const auto pid =
      io::spawn(program, {"postern-avscan-engine"}, {-1, STDERR_FILENO, pair.second.get()});
  if (!pid) {
    return Unexpected<std::string>(
        program + " cannot be started: " + std::generic_category().message(pid.error()) +
        "; is postern-avscan installed as a whole?");
  }
  io::FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  std::unique_ptr<Engine> engine(new Engine(loop, events, *pid, std::move(handle)));
  Engine& self = *engine;
  engine->directory_ = options.temporary_directory;
  engine->control_ = std::make_unique<io::PacketChannel>(
      loop, std::move(pair.first), antivirus::max_packet_size,
      io::PacketChannel::Callbacks{
          [&self](const std::string& text, io::FileDescriptor file) {
            self.on_packet(text, std::move(file));
          },
          [&self] { self.events_.on_engine_end(self, "its process has ended"); }});
  if (!engine->control_->send(format(ToEngine(antivirus::Load{options})))) {
    return Unexpected<std::string>(program + " takes no orders");
  }
  return engine;
}

Engine::Engine(io::EventLoop& loop, EngineEvents& events, pid_t pid, io::FileDescriptor handle)
    : loop_(loop), events_(events), pid_(pid), handle_(std::move(handle)) {}

// A process that is ready leaves when its control connection goes. One that loads looks at it only
// when it has loaded.
Engine::~Engine() {
  if ((!ready_ || stuck_) && handle_)
    ::syscall(SYS_pidfd_send_signal, handle_.get(), SIGKILL, nullptr, 0);
}

void Engine::on_packet(const std::string& text, io::FileDescriptor file) {
  const auto packet = antivirus::parse_from_engine(text);
  if (!packet) {
    events_.on_engine_end(*this, "its process says what nobody understands");
  } else if (const auto* ready = std::get_if<antivirus::Ready>(&*packet)) {
    generation_ = *ready;
    ready_ = true;
    fork_missing();
    events_.on_ready(*this);
  } else if (const auto* failed = std::get_if<antivirus::Failed>(&*packet)) {
    events_.on_engine_end(*this, failed->why);
  } else if (const auto* forked = std::get_if<antivirus::Forked>(&*packet)) {
    add_child(forked->pid, std::move(file));
  } else if (const auto* not_forked = std::get_if<antivirus::NotForked>(&*packet)) {
    if (forking_ > 0) --forking_;
    delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
    fork_missing();
    events_.on_not_forked(not_forked->why);
  } else if (const auto* ended = std::get_if<antivirus::Ended>(&*packet)) {
    on_ended(*ended);
  } else if (const auto* forbidden = std::get_if<antivirus::Forbidden>(&*packet)) {
    events_.on_forbidden(*forbidden);
  }
}

void Engine::add_child(pid_t pid, io::FileDescriptor socket) {
  if (forking_ > 0) --forking_;
  if (!socket) return;
  auto child = std::make_unique<Child>();
  child->pid = pid;
  child->channel = std::make_unique<io::PacketChannel>(
      loop_, std::move(socket), antivirus::max_packet_size,
      io::PacketChannel::Callbacks{[this, pid](std::string text, const io::FileDescriptor&) {
                                     Child* const found = find(pid);
                                     if (found != nullptr) {
                                       events_.on_answer(*this, *found, std::move(text));
                                     }
                                   },
                                   [this, pid] { on_child_gone(pid); }});
  children_.push_back(std::move(child));
  retire_spare();
  events_.on_child_ready(*this);
}

void Engine::on_child_gone(pid_t pid) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [pid](const auto& child) { return child->pid == pid; });
  if (found == children_.end()) return;
  const std::unique_ptr<Child> child = std::move(*found);
  children_.erase(found);
  stuck_timer_ = {};
  end_process(pid);  // it may have closed its connection and live on
  // One that dies over a message is replaced at once. One that dies over nothing would do so again.
  delay_ = child->busy || child->served > 0 ? std::chrono::milliseconds(0)
                                            : std::clamp(delay_ * 2, first_delay, longest_delay);
  fork_missing();
  events_.on_child_end(*this, *child);
}

void Engine::on_ended(const antivirus::Ended& ended) {
  const bool expected = std::erase(dismissed_, ended.pid) > 0;
  events_.on_child_status(ended, expected);
}

void Engine::want_children(std::uint32_t count, std::uint32_t messages_per_child) {
  wanted_ = count;
  messages_per_child_ = messages_per_child;
  fork_missing();
  retire_spare();
}

// Asks for as many as are lacking, those that shall take the place of worn ones included.
void Engine::fork_missing() {
  if (!ready_ || !control_ || fork_timer_.is_set()) return;
  if (delay_.count() > 0) {
    fork_timer_ = loop_.after(delay_, [this] {
      fork_timer_ = {};
      const auto delay = std::exchange(delay_, {});
      fork_missing();
      delay_ = delay;
    });
    return;
  }
  for (std::size_t i = fit_children() + forking_; i < wanted_; ++i) {
    if (!control_->send(format(ToEngine(antivirus::Fork{})))) return;
    ++forking_;
  }
}

// Lets idle children go that are more than wanted. One that can serve on goes only when there are
// more of those than wanted.
void Engine::retire_spare() {
  std::size_t fit = fit_children();
  const auto may_go = [this, &fit](const auto& child) {
    return !child->busy && (is_worn(*child) || fit > wanted_);
  };
  while (children_.size() > wanted_) {
    const auto found = std::find_if(children_.begin(), children_.end(), may_go);
    if (found == children_.end()) return;
    if (!is_worn(**found)) --fit;
    const pid_t pid = (*found)->pid;
    dismissed_.push_back(pid);
    children_.erase(found);
    end_process(pid);
  }
}

bool Engine::is_worn(const Child& child) const {
  return child.served >= messages_per_child_;
}

std::size_t Engine::fit_children() const {
  return static_cast<std::size_t>(std::count_if(
      children_.begin(), children_.end(), [this](const auto& child) { return !is_worn(*child); }));
}

Child* Engine::find(pid_t pid) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [pid](const auto& child) { return child->pid == pid; });
  return found == children_.end() ? nullptr : found->get();
}

Child* Engine::idle_child(bool fresh) {
  for (const auto& child : children_) {
    if (!child->busy && (!fresh || child->served == 0)) return child.get();
  }
  return nullptr;
}

bool Engine::give(Child& child, const std::string& request, int memory) {
  if (!child.channel->send(request, memory)) return false;
  child.busy = true;
  ++child.served;
  return true;
}

void Engine::release(Child& child) {
  child.busy = false;
  delay_ = {};
  fork_missing();
  retire_spare();
}

// By the engine: a number of a process is safe only in the hands of its parent.
bool Engine::end_process(pid_t pid) {
  return control_->send(format(ToEngine(antivirus::Kill{pid})));
}

void Engine::kill(const Child& child) {
  if (!end_process(child.pid)) return on_stuck();
  stuck_timer_ = loop_.after(time_to_kill, [this] { on_stuck(); });
}

void Engine::on_stuck() {
  stuck_ = true;
  events_.on_engine_end(*this, "its process does not answer");
}

std::size_t Engine::busy_children() const {
  return static_cast<std::size_t>(std::count_if(children_.begin(), children_.end(),
                                                [](const auto& child) { return child->busy; }));
}

}  // namespace postern::avscan
