#include "lib/io/redis/resolve.hpp"

namespace postern::io::redis {
namespace {

Addresses look_up(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return nullptr;
  return Addresses(found);
}

}  // namespace

Resolver::~Resolver() {
  if (worker_.joinable()) worker_.join();
}

void Resolver::work(const std::string& host, const std::string& port) {
  Addresses found = look_up(host, port, AI_ADDRCONFIG);
  {
    const std::scoped_lock lock(mutex_);
    found_ = std::move(found);
    done_ = true;
  }
  done_changed_.notify_one();
}

Expected<Addresses, std::string> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                   std::chrono::steady_clock::time_point deadline) {
  const std::string service = std::to_string(port);
  if (Addresses numeric = look_up(host, service, AI_NUMERICHOST)) return numeric;
  if (!worker_.joinable()) {
    done_ = false;  // nobody else is there
    worker_ = std::thread([this, host, service] { work(host, service); });
  }
  std::unique_lock lock(mutex_);
  if (!done_changed_.wait_until(lock, deadline, [this] { return done_; })) {
    return Unexpected<std::string>("host " + host + " was not found in time");
  }
  Addresses found = std::move(found_);
  lock.unlock();
  worker_.join();
  if (found == nullptr) return Unexpected<std::string>("host " + host + " is not known");
  return found;
}

}  // namespace postern::io::redis
