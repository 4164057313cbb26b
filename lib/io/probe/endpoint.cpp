#include "lib/io/probe/endpoint.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <utility>

#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

Unexpected<std::string> failure(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

Expected<IpAddress, std::string> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return failure("host \"" + host + "\" is not known");
  const CHandle<addrinfo, ::freeaddrinfo> owner(found);
  if (found->ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, found->ai_addr, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, found->ai_addr, sizeof in);
  IpAddress::Bytes bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

}  // namespace

Expected<Connection, std::string> connect_to(const doctor::Endpoint& endpoint, Deadline deadline) {
  if (endpoint.kind == doctor::Endpoint::Kind::unix_path)
    return connect_to(endpoint.path, deadline);
  const auto literal = parse_ip_address(endpoint.host);
  if (literal) return connect_to(*literal, endpoint.port, deadline);
  const auto address = look_up(endpoint.host.empty() ? "localhost" : endpoint.host);
  if (!address) return failure(address.error());
  return connect_to(*address, endpoint.port, deadline);
}

}  // namespace postern::io
