#include "tests/unit/io/resolver/fake_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <stdexcept>

#include "tests/unit/io/resolver/packet_writer.hpp"

namespace postern::io {
namespace {

using Clock = std::chrono::steady_clock;

struct Reply {
  Clock::time_point due;
  sockaddr_in to{};
  PacketWriter::Octets octets;
};

std::string first_labels(const std::uint8_t* query, std::size_t size) {
  std::string name;
  for (std::size_t at = 12; at < size && query[at] != 0; at += query[at] + 1U) {
    if (at + 1U + query[at] > size) break;
    if (!name.empty()) name += '.';
    name.append(reinterpret_cast<const char*>(query) + at + 1, query[at]);
  }
  return name;
}

PacketWriter::Octets answer_to(const std::uint8_t* query, std::size_t size) {
  const std::string name = first_labels(query, size);
  const std::size_t end = 12 + name.size() + 2;
  if (name.empty() || end + 4 > size) return {};
  const bool is_nx = name.rfind("nx", 0) == 0;
  const bool is_failure = name.rfind("fail", 0) == 0;
  const bool has_text = query[end + 1] == 16 && !is_nx && !is_failure;
  PacketWriter writer;
  writer.header(0x8580U | (is_nx        ? 3U
                           : is_failure ? 2U
                                        : 0U),
                has_text ? 1 : 0, has_text || is_failure ? 0 : 1);
  writer.bytes({reinterpret_cast<const char*>(query) + 12, end + 4 - 12});
  if (has_text) {
    writer.record(name, 16, 60, text_data("hello"));
  } else if (!is_failure) {
    PacketWriter soa;
    soa.name("ns.example").name("hostmaster.example");
    for (int i = 0; i < 5; ++i) soa.number(60, 4);
    writer.record(name.substr(name.find('.') + 1), 6, 60, soa.octets());
  }
  PacketWriter::Octets octets = writer.octets();
  octets[0] = query[0];
  octets[1] = query[1];
  return octets;
}

}  // namespace

FakeServer::FakeServer() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket_, generic, size) != 0 || getsockname(socket_, generic, &size) != 0) {
    throw std::runtime_error("no UDP port on loopback");
  }
  address_ = "127.0.0.1@" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() {
  stop_ = true;
  thread_.join();
  close(socket_);
}

void FakeServer::run() {
  std::deque<Reply> late;  // in the order they are due
  while (!stop_) {
    pollfd waiting{socket_, POLLIN, 0};
    poll(&waiting, 1, 10);
    while (!late.empty() && late.front().due <= Clock::now()) {
      const Reply& reply = late.front();
      sendto(socket_, reply.octets.data(), reply.octets.size(), 0,
             reinterpret_cast<const sockaddr*>(&reply.to), sizeof reply.to);
      late.pop_front();
    }
    if ((waiting.revents & POLLIN) == 0) continue;
    std::array<std::uint8_t, 1500> query{};
    Reply reply;
    socklen_t size = sizeof reply.to;
    const ssize_t got = recvfrom(socket_, query.data(), query.size(), 0,
                                 reinterpret_cast<sockaddr*>(&reply.to), &size);
    if (got < 17) continue;
    ++queries_;
    const std::string name = first_labels(query.data(), static_cast<std::size_t>(got));
    reply.octets = answer_to(query.data(), static_cast<std::size_t>(got));
    if (reply.octets.empty() || name.rfind("silent", 0) == 0) continue;
    reply.due = Clock::now();
    if (name.rfind("late", 0) == 0) {
      reply.due += std::chrono::milliseconds(300);
      late.push_back(reply);
      continue;
    }
    sendto(socket_, reply.octets.data(), reply.octets.size(), 0,
           reinterpret_cast<const sockaddr*>(&reply.to), sizeof reply.to);
  }
}

}  // namespace postern::io
