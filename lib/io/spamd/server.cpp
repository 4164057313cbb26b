#include "lib/io/spamd/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/io/sockets/connection.hpp"
#include "lib/io/zlib/inflate.hpp"

namespace postern::io {
namespace {

namespace spamd = antispam::spamd;
using spamd::Refusal;

constexpr std::size_t chunk_size = 64 * 1024;

/// What has come, and whether more can.
struct Input {
  std::string bytes;
  bool is_whole = false;
};

/// Waits for more of a request. \return What is wrong.
std::optional<Refusal> read_more(int socket, const Deadline& deadline, Input& input) {
  // Who sends all the time is never waited for.
  if (deadline.left().count() == 0 || !wait_ready(socket, POLLIN, deadline)) {
    return spamd::timed_out("(the request did not come in full in time)");
  }
  std::array<char, chunk_size> chunk{};
  const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), 0);
  if (got > 0) {
    input.bytes.append(chunk.data(), static_cast<std::size_t>(got));
  } else if (got == 0) {
    input.is_whole = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    return spamd::bad_request("(connection lost)");
  }
  return std::nullopt;
}

Expected<spamd::Head, Refusal> read_head(int socket, const Deadline& deadline, Input& input) {
  std::size_t seen = 0;
  while (true) {
    // Reading begins anew with each line that has come, not with each packet.
    const bool has_line = input.bytes.find('\n', seen) != std::string::npos;
    if (has_line || input.is_whole || input.bytes.size() > spamd::max_head_size) {
      auto head = spamd::read_head(input.bytes, input.is_whole);
      if (!head) return Unexpected<Refusal>(head.error());
      if (*head) return std::move(**head);
    }
    seen = input.bytes.size();
    if (auto refusal = read_more(socket, deadline, input)) {
      return Unexpected<Refusal>(std::move(*refusal));
    }
  }
}

bool has_content(const spamd::Request& request) {
  return request.method != spamd::Method::ping && request.method != spamd::Method::skip;
}

/// The content as it was sent.
Expected<std::string, Refusal> read_content(int socket, const Deadline& deadline, Input& input,
                                            const spamd::Head& head, std::size_t max_size) {
  const auto refuse = [](Refusal refusal) { return Unexpected<Refusal>(std::move(refusal)); };
  const std::optional<std::size_t> length = head.request.content_length;
  if (length && *length > max_size) return refuse(spamd::unavailable("the message is too large"));
  input.bytes.erase(0, head.size);
  while (!input.is_whole && !(length && input.bytes.size() >= *length)) {
    if (auto refusal = read_more(socket, deadline, input)) return refuse(std::move(*refusal));
    if (input.bytes.size() > max_size + chunk_size) {
      return refuse(spamd::unavailable("the message is too large"));
    }
  }
  if (length && input.bytes.size() != *length) {
    return refuse(spamd::bad_request("(Content-Length mismatch: Expected " +
                                     std::to_string(*length) + " bytes, got " +
                                     std::to_string(input.bytes.size()) + " bytes)"));
  }
  return std::move(input.bytes);
}

Expected<std::string, Refusal> unpack(const spamd::Request& request, std::string content,
                                      std::size_t max_size) {
  if (!request.is_compressed) return content;
  auto unpacked = inflate_zlib(content, max_size);
  using End = archive::Inflated::End;
  if (unpacked.end == End::whole) return std::move(unpacked.content);
  return Unexpected<Refusal>(spamd::unavailable(unpacked.end == End::full
                                                    ? "the message is too large"
                                                    : "zlib: the compressed message is damaged"));
}

/// Who connects; nothing for an address that is not allowed.
struct Peer {
  std::string name = "127.0.0.1";
  bool is_allowed = true;
};

Peer peer_of(const sockaddr_storage& address, const std::vector<IpNetwork>& allowed) {
  Peer peer;
  IpAddress ip;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    ip = IpAddress::v4(bytes);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    IpAddress::Bytes bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    ip = IpAddress::v6(bytes).unmapped();
  } else {
    return peer;  // the mode of a unix socket says who may
  }
  peer.name = ip.text();
  peer.is_allowed = std::any_of(allowed.begin(), allowed.end(),
                                [&](const IpNetwork& network) { return network.contains(ip); });
  return peer;
}

}  // namespace

SpamdServer::SpamdServer(std::vector<Listener> listeners, SpamdHandler& handler, SpamdLimits limits)
    : listeners_(std::move(listeners)),
      handler_(handler),
      limits_(std::move(limits)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (stop_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  try {
    for (std::size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    finish();  // a thread that nobody waits for ends the process
    throw;
  }
}

void SpamdServer::stop(std::chrono::milliseconds patience) {
  constexpr std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  std::unique_lock lock(mutex_);
  is_idle_.wait_for(lock, patience, [this] { return busy_ == 0; });
}

SpamdServer::~SpamdServer() {
  finish();
}

void SpamdServer::finish() {
  stop(std::chrono::milliseconds(0));
  for (std::thread& thread : threads_) thread.join();
}

void SpamdServer::count(int change) {
  const std::lock_guard lock(mutex_);
  busy_ += static_cast<std::size_t>(change);
  is_idle_.notify_all();
}

// The listener stays ready: asking again at once would only take the processor from those who will
// close some.
void SpamdServer::wait_for_descriptors(int error) {
  constexpr int pause_ms = 50;
  const bool is_lacking = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  if (is_lacking && !lacks_descriptors_.exchange(true)) {
    handler_.on_problem("", "clients of spamd wait: " + std::generic_category().message(error));
  }
  ::poll(nullptr, 0, pause_ms);
}

// Each thread accepts for itself: the listeners do not block, and one wins.
void SpamdServer::work() {
  std::vector<pollfd> waiting{{stop_.get(), POLLIN, 0}};
  for (const Listener& listener : listeners_) waiting.push_back({listener.descriptor(), POLLIN, 0});
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (waiting.front().revents != 0) return;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      FileDescriptor socket(::accept4(waiting[i].fd, reinterpret_cast<sockaddr*>(&address), &size,
                                      SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.get() < 0) {
        if (errno != EAGAIN) wait_for_descriptors(errno);  // else another thread was quicker
        continue;
      }
      lacks_descriptors_ = false;
      const Peer peer = peer_of(address, limits_.clients);
      if (peer.is_allowed) {
        count(1);
        serve(std::move(socket), peer.name);
        count(-1);
      } else {
        handler_.on_problem(peer.name, "is not allowed to ask; spamd.clients says who is");
      }
    }
  }
}

void SpamdServer::serve(FileDescriptor socket, const std::string& peer) {
  const int descriptor = socket.get();
  std::string reply;
  try {
    const Deadline deadline(limits_.request);
    Input input;
    const auto answered =
        read_head(descriptor, deadline, input)
            .and_then([&](const spamd::Head& head) -> Expected<std::string, Refusal> {
              std::string message;
              if (has_content(head.request)) {
                auto content =
                    read_content(descriptor, deadline, input, head, limits_.message_size)
                        .and_then([&](std::string bytes) {
                          return unpack(head.request, std::move(bytes), limits_.message_size);
                        });
                if (!content) return content;
                message = std::move(*content);
              }
              return handler_.answer(head.request, std::move(message), peer);
            });
    if (!answered) handler_.on_problem(peer, answered.error().text);
    reply = answered ? *answered : spamd::format_refusal(answered.error());
  } catch (const std::exception& error) {
    handler_.on_problem(peer, error.what());
    reply = spamd::format_refusal(spamd::unavailable("this message cannot be judged now"));
  }
  Connection connection(std::move(socket), Deadline(limits_.reply));
  if (const auto sent = connection.send(reply); !sent) handler_.on_problem(peer, sent.error());
}

}  // namespace postern::io
