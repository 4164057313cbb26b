#include "lib/io/sockets/datagram_sender.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>

namespace postern::io {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

}  // namespace

DatagramSender::DatagramSender(std::string path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

std::error_code DatagramSender::send(std::string_view datagram) const {
  if (path_.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    return std::make_error_code(std::errc::filename_too_long);
  }
  std::copy(path_.begin(), path_.end(), address.sun_path);
  if (!socket_) return std::make_error_code(std::errc::too_many_files_open);
  const ssize_t sent =
      ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return sent < 0 ? last_error() : std::error_code();
}

}  // namespace postern::io
