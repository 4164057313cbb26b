#include "lib/io/training/courier.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace postern::io {

Expected<Courier, std::string> Courier::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Unexpected<std::string>("\"" + path + "\" is no path of a socket");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Unexpected<std::string>(path + ": " + std::generic_category().message(errno));
  }
  return Courier(std::move(socket));
}

bool Courier::send(std::string_view line, int message) {
  iovec text{const_cast<char*>(line.data()), line.size()};  // sendmsg only reads it
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr packet{};
  packet.msg_iov = &text;
  packet.msg_iovlen = 1;
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&packet);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &message, sizeof message);
  return ::sendmsg(socket_.get(), &packet, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(line.size());
}

bool Courier::send(std::string_view line) {
  return ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(line.size());
}

std::size_t Courier::take_receipts() {
  std::size_t receipts = 0;
  while (!closed_) {
    char packet = 0;
    const ssize_t size = ::recv(socket_.get(), &packet, 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (size == 1 && (packet == training_receipt || packet == training_refusal)) {
      ++receipts;
      refused_ += packet == training_refusal ? 1 : 0;
    } else {
      closed_ = true;
    }
  }
  return receipts;
}

void Courier::wait(std::chrono::milliseconds time) const {
  pollfd ready{socket_.get(), POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(time.count()));
}

}  // namespace postern::io
