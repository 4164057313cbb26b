#include "lib/io/files/host_name.hpp"

#include <netdb.h>
#include <unistd.h>

#include <array>

#include "lib/io/handle.hpp"

namespace postern::io {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.data(), nullptr, &hints, &found) != 0) return name.data();
  const CHandle<addrinfo, ::freeaddrinfo> owner(found);
  return found->ai_canonname != nullptr ? found->ai_canonname : name.data();
}

}  // namespace postern::io
