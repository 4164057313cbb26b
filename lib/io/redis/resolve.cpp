#include "lib/io/redis/resolve.hpp"

#include <algorithm>

namespace postern::io::redis {
namespace {

Unexpected<std::string> unknown(const std::string& host) {
  return Unexpected<std::string>("host " + host + " is not known");
}

timespec left(Deadline deadline) {
  const auto nanoseconds = std::max<std::int64_t>(
      std::chrono::nanoseconds(deadline - Deadline::clock::now()).count(), 0);
  return {nanoseconds / 1000000000, nanoseconds % 1000000000};
}

// What glibc works on in a thread of its own.
struct Lookup {
  std::string host;
  std::string port;
  addrinfo hints{};
  gaicb request{};
};

}  // namespace

Expected<Addresses, std::string> resolve(const std::string& host, std::uint16_t port,
                                         Deadline deadline) {
  auto lookup = std::make_unique<Lookup>();
  lookup->host = host;
  lookup->port = std::to_string(port);
  lookup->hints.ai_socktype = SOCK_STREAM;
  lookup->hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(lookup->host.c_str(), lookup->port.c_str(), &lookup->hints, &found) == 0) {
    return Addresses(found);
  }
  lookup->hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  lookup->request.ar_name = lookup->host.c_str();
  lookup->request.ar_service = lookup->port.c_str();
  lookup->request.ar_request = &lookup->hints;
  gaicb* requests[] = {&lookup->request};
  if (::getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr) != 0) return unknown(host);
  int state = EAI_INPROGRESS;
  while (state == EAI_INPROGRESS) {
    const timespec timeout = left(deadline);
    if (timeout.tv_sec == 0 && timeout.tv_nsec == 0) break;
    ::gai_suspend(requests, 1, &timeout);
    state = ::gai_error(&lookup->request);
  }
  if (state == EAI_INPROGRESS && ::gai_cancel(&lookup->request) != EAI_CANCELED) {
    // glibc still writes there. The circuit breaker makes such leftovers rare, and they are small.
    static_cast<void>(lookup.release());
  }
  if (state == EAI_INPROGRESS) {
    return Unexpected<std::string>("host " + host + " was not found in time");
  }
  Addresses addresses(lookup->request.ar_result);
  if (state != 0 || addresses == nullptr) return unknown(host);
  return addresses;
}

}  // namespace postern::io::redis
