#include "lib/io/sockets/datagram_sender.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

bool send_datagram(const std::string& path, std::string_view text) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return false;
  std::copy(path.begin(), path.end(), address.sun_path);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return socket && ::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                            reinterpret_cast<const sockaddr*>(&address),
                            sizeof address) == static_cast<ssize_t>(text.size());
}

}  // namespace postern::io
