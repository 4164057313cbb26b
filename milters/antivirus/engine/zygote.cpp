#include "milters/antivirus/engine/zygote.hpp"

#include <ftw.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/sockets/packet.hpp"
#include "milters/antivirus/engine/scanning_child.hpp"

namespace postern::avengine {
namespace {

constexpr std::size_t max_children = 256;
constexpr std::chrono::seconds time_to_confine{10};
constexpr int time_to_send_ms = 10'000;  // after it the supervisor is taken for dead
constexpr int descriptors_of_removal = 16;

std::string system_error() {
  return std::generic_category().message(errno);
}

// SIGCHLD and the usual requests to end, as values.
io::FileDescriptor block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return io::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Whatever is left by a process that has died. Nobody is in it any more, and links are not
// followed.
void remove_tree(const std::string& directory) {
  ::nftw(  // NOLINT(concurrency-mt-unsafe): there is no other thread
      directory.c_str(),
      [](const char* path, const struct stat*, int, struct FTW*) {
        ::remove(path);
        return 0;
      },
      descriptors_of_removal, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

}  // namespace

Zygote::Zygote(int control, io::ScanEngine engine, antivirus::EngineOptions options)
    : control_(control),
      engine_(std::move(engine)),
      options_(std::move(options)),
      signals_(block_signals()) {}

Zygote::~Zygote() {
  for (const Child& child : children_) ::kill(child.pid, SIGKILL);
  for (const Child& child : children_) {
    while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) continue;
    remove_tree(child.directory);
  }
}

void Zygote::run() {
  while (!is_over_) {
    poll_once();
    end_late_children();
  }
}

// Each child has either a socket on which its first word will come, or a broker.
void Zygote::poll_once() {
  std::vector<pollfd> waiting = {{control_, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
  bool is_one_new = false;
  for (const Child& child : children_) {
    const int first_word = child.socket ? child.socket.get() : -1;  // poll(2) passes -1 over
    waiting.push_back({child.broker ? child.broker->descriptor() : first_word, POLLIN, 0});
    is_one_new = is_one_new || child.socket;
  }
  const int limit = static_cast<int>(std::chrono::milliseconds(time_to_confine).count());
  if (::poll(waiting.data(), waiting.size(), is_one_new ? limit : -1) <= 0) return;
  auto place = waiting.begin() + 2;
  for (Child& child : children_) {
    const short events = (place++)->revents;
    if (events == 0) continue;
    if (!child.broker) {
      on_first_word(child);
    } else if ((events & POLLIN) != 0) {
      on_call(child);
    } else {
      child.broker.reset();  // it has ended, as SIGCHLD tells
    }
  }
  if (waiting[1].revents != 0) on_signal();
  if (waiting[0].revents != 0) on_order();
}

void Zygote::on_order() {
  std::string text;
  io::FileDescriptor none;
  const io::Receipt receipt = io::receive_packet(control_, antivirus::max_packet_size, text, none);
  if (receipt == io::Receipt::nothing) return;
  const auto order = receipt == io::Receipt::packet
                         ? antivirus::parse_to_engine(text)
                         : Parsed<antivirus::ToEngine>(parse_error(0, "has gone"));
  if (!order || std::holds_alternative<antivirus::Load>(*order)) {
    is_over_ = true;
  } else if (std::holds_alternative<antivirus::Fork>(*order)) {
    fork_child();
  } else if (const auto* kill = std::get_if<antivirus::Kill>(&*order)) {
    for (const Child& child : children_) {
      if (child.pid == kill->pid) ::kill(child.pid, SIGKILL);
    }
  }
}

void Zygote::fork_child() {
  if (children_.size() >= max_children) return tell(antivirus::NotForked{"there are too many"});
  std::string directory = options_.temporary_directory + "/child.XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    return tell(antivirus::NotForked{"scanner.temporary_directory: " + system_error()});
  }
  io::PacketPair pair = io::make_packet_pair();
  const pid_t pid = pair.first ? ::fork() : -1;
  if (pid == 0) be_scanning_child(engine_, options_, pair.second.get(), directory);
  if (pid < 0) {
    const std::string why = system_error();
    remove_tree(directory);
    return tell(antivirus::NotForked{why});
  }
  children_.push_back({pid, std::move(directory), std::move(pair.first), std::nullopt, false,
                       Clock::now() + time_to_confine});
}

// Only when a child is confined does the supervisor get its socket.
void Zygote::on_first_word(Child& child) {
  std::string text;
  io::FileDescriptor listener;
  const io::Receipt receipt =
      io::receive_packet(child.socket.get(), antivirus::max_packet_size, text, listener);
  if (receipt == io::Receipt::nothing) return;
  if (receipt == io::Receipt::end) return refuse(child, "it died before it was confined");
  if (text != confined_word || !listener) return refuse(child, antivirus::printable_name(text));
  child.broker.emplace(std::move(listener), child.pid, child.directory);
  child.is_reported = true;
  tell(antivirus::Forked{child.pid}, child.socket.get());
  child.socket = io::FileDescriptor();
}

void Zygote::end_late_children() {
  for (Child& child : children_) {
    if (child.socket && Clock::now() > child.confined_by) {
      refuse(child, "it took too long to be confined");
    }
  }
}

void Zygote::refuse(Child& child, const std::string& why) {
  ::kill(child.pid, SIGKILL);
  child.socket = io::FileDescriptor();
  tell(antivirus::NotForked{why});
}

void Zygote::on_call(Child& child) {
  const auto forbidden = child.broker ? child.broker->answer() : std::nullopt;
  if (!forbidden) return;
  child.broker.reset();
  tell(antivirus::Forbidden{child.pid, forbidden->call, forbidden->detail});
}

void Zygote::on_signal() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo != SIGCHLD) is_over_ = true;
  }
  reap();
}

void Zygote::reap() {
  int status = 0;
  for (auto child = children_.begin(); child != children_.end();) {
    if (::waitpid(child->pid, &status, WNOHANG) != child->pid) {
      ++child;
      continue;
    }
    on_end(*child, status);
    child = children_.erase(child);
  }
}

void Zygote::on_end(Child& child, int status) {
  if (child.socket) tell(antivirus::NotForked{"it died before it was confined"});
  if (child.is_reported) {
    tell(antivirus::Ended{child.pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                          WIFEXITED(status) ? WEXITSTATUS(status) : 0});
  }
  remove_tree(child.directory);
}

void Zygote::tell(const antivirus::FromEngine& packet, int descriptor) {
  const std::string text = format(packet);
  io::Sending sending = io::send_packet(control_, text, descriptor);
  for (pollfd room{control_, POLLOUT, 0};
       sending == io::Sending::full && ::poll(&room, 1, time_to_send_ms) == 1;) {
    sending = io::send_packet(control_, text, descriptor);
  }
  if (sending != io::Sending::sent) is_over_ = true;
}

}  // namespace postern::avengine
