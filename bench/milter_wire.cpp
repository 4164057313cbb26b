// Sockets and frames of the mail filter protocol.
#include "bench/milter_wire.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace postern::bench {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t flush_size = 16 * 1024;  // longer output does not wait for a reply
constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t max_frame_size = 16UL << 20U;  // no milter sends more in one reply
constexpr time_t reply_timeout = 60;                 // seconds

[[noreturn]] void fail(const std::string& doing) {
  throw WireError(doing + ": " + std::strerror(errno));
}

int connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw WireError("socket path is too long");
  std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    fail("connect to " + path);
  }
  return fd;
}

int connect_inet(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host_or_path.c_str(), address.port.c_str(), &hints, &found) != 0) {
    throw WireError("not a numeric address: " + address.host_or_path + ":" + address.port);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(fd);
    fail("connect to " + address.host_or_path + ":" + address.port);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

Address parse_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "unix" && !rest.empty()) return {std::string(rest), ""};
  const std::size_t last = rest.rfind(':');
  if (kind != "inet" || last == std::string_view::npos || last + 1 == rest.size()) {
    throw std::invalid_argument("want unix:PATH or inet:HOST:PORT, not " + std::string(text));
  }
  return {std::string(rest.substr(0, last)), std::string(rest.substr(last + 1))};
}

void append_u32(std::uint32_t number, std::string* to) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    to->push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
  }
}

std::uint32_t take_u32(std::string_view* data) {
  if (data->size() < 4) throw WireError("reply is too short");
  std::uint32_t number = 0;
  for (const char byte : data->substr(0, 4)) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  data->remove_prefix(4);
  return number;
}

std::string_view take_string(std::string_view* data) {
  const std::size_t end = data->find('\0');
  if (end == std::string_view::npos) throw WireError("string in a reply has no end");
  const std::string_view text = data->substr(0, end);
  data->remove_prefix(end + 1);
  return text;
}

Wire::Wire(const Address& address)
    : socket_(address.port.empty() ? connect_unix(address.host_or_path) : connect_inet(address)) {
  const timeval limit{reply_timeout, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Wire::~Wire() {
  ::close(socket_);
}

void Wire::start_frame(char command, std::size_t data_size) {
  if (out_.size() >= flush_size) flush();
  append_u32(static_cast<std::uint32_t>(data_size + 1), &out_);
  out_.push_back(command);
}

void Wire::put(char command, std::initializer_list<std::string_view> strings) {
  std::size_t size = 0;
  for (const std::string_view text : strings) size += text.size() + 1;
  start_frame(command, size);
  for (const std::string_view text : strings) out_.append(text).push_back('\0');
}

void Wire::put_raw(char command, std::string_view data) {
  start_frame(command, data.size());
  if (data.size() < flush_size) {
    out_.append(data);
    return;
  }
  send_all(out_, data);
  out_.clear();
}

void Wire::flush() {
  if (!out_.empty()) send_all(out_, {});
  out_.clear();
}

void Wire::send_all(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    std::array<iovec, 2> parts{
        iovec{const_cast<char*>(first.data()), first.size()},
        iovec{const_cast<char*>(second.data()), second.size()},
    };
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("send");
    const auto count = static_cast<std::size_t>(sent);
    const std::size_t of_first = count < first.size() ? count : first.size();
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
  }
}

/// Reads until `wanted` bytes from in_at_ on are there.
void Wire::fill(std::size_t wanted) {
  while (in_.size() - in_at_ < wanted) {
    const std::size_t had = in_.size();
    in_.resize(had + read_size);
    const ssize_t got = ::recv(socket_, in_.data() + had, read_size, 0);
    in_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("no reply");
    if (got == 0) throw WireError("the milter closed the connection");
  }
}

Frame Wire::receive() {
  flush();
  in_.erase(0, in_at_);
  in_at_ = 0;
  fill(length_size);
  std::string_view head(in_);
  const std::size_t size = take_u32(&head);
  if (size == 0 || size > max_frame_size) throw WireError("a reply has an impossible length");
  fill(length_size + size);
  in_at_ = length_size + size;
  return {in_[length_size], std::string_view(in_).substr(length_size + 1, size - 1)};
}

}  // namespace postern::bench
