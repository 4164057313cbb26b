#include "lib/io/probe/dns_query.hpp"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <random>

#include "lib/base/ascii.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {
namespace {

using doctor::not_observed;
using doctor::Observed;
using doctor::ServiceFact;

constexpr std::size_t max_packet_size = 4096;
constexpr std::size_t header_size = 12;
constexpr std::array service_names = {"_imaps._tcp", "_submissions._tcp", "_submission._tcp",
                                      "_sieve._tcp"};

using Packet = std::string;

void append_16(Packet& packet, unsigned number) {
  packet += static_cast<char>(static_cast<unsigned char>(number >> 8U));
  packet += static_cast<char>(static_cast<unsigned char>(number));
}

// A question with AD set, which asks for AD in the answer (RFC 6840 §5.7).
Packet make_query(const std::string& name, unsigned type, unsigned id) {
  constexpr unsigned flags_rd_ad = 0x0120;
  Packet packet;
  for (const unsigned number : {id, flags_rd_ad, 1U, 0U, 0U, 0U}) append_16(packet, number);
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    packet += static_cast<char>(dot - at);
    packet.append(name, at, dot - at);
    at = dot + 1;
  }
  packet += '\0';
  append_16(packet, type);
  append_16(packet, ns_c_in);
  return packet;
}

Expected<FileDescriptor, std::string> open_udp(const NameServer& server) {
  const int family = server.address.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  if (server.address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(server.port);
    std::memcpy(&in.sin_addr, server.address.bytes().data(), sizeof in.sin_addr);
    std::memcpy(&storage, &in, sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(server.port);
    std::memcpy(&in.sin6_addr, server.address.bytes().data(), sizeof in.sin6_addr);
    std::memcpy(&storage, &in, sizeof in);
    size = sizeof in;
  }
  const auto* generic = reinterpret_cast<const sockaddr*>(&storage);
  if (!socket || ::connect(socket.get(), generic, size) != 0) {
    return Unexpected<std::string>(describe_error(errno));
  }
  return socket;
}

// Whether the reply is one to this query.
bool answers(const Packet& reply, const Packet& query) {
  return reply.size() >= header_size && reply.compare(0, 2, query, 0, 2) == 0;
}

// Asks three times, since UDP loses packets.
Expected<Packet, std::string> ask_udp(const NameServer& server, const Packet& query,
                                      std::chrono::milliseconds timeout) {
  const auto socket = open_udp(server);
  if (!socket) return Unexpected<std::string>(socket.error());
  constexpr int tries = 3;
  for (int attempt = 0; attempt < tries; ++attempt) {
    if (::send(socket->get(), query.data(), query.size(), MSG_NOSIGNAL) < 0) {
      return Unexpected<std::string>(describe_error(errno));
    }
    const Deadline deadline(timeout / tries);
    while (wait_ready(socket->get(), POLLIN, deadline)) {
      Packet reply(max_packet_size, '\0');
      const ssize_t size = ::recv(socket->get(), reply.data(), reply.size(), 0);
      if (size < 0) return Unexpected<std::string>(describe_error(errno));
      reply.resize(static_cast<std::size_t>(size));
      if (answers(reply, query)) return reply;
    }
  }
  return Unexpected<std::string>("no answer in time");
}

// With the length before each message (RFC 7766 §8).
Expected<Packet, std::string> ask_tcp(const NameServer& server, const Packet& query,
                                      std::chrono::milliseconds timeout) {
  auto connection = connect_to(server.address, server.port, Deadline(timeout));
  if (!connection) return Unexpected<std::string>("by TCP: " + connection.error());
  Packet framed;
  append_16(framed, static_cast<unsigned>(query.size()));
  const auto sent = connection->send(framed + query);
  if (!sent) return Unexpected<std::string>("by TCP: " + sent.error());
  const auto length = connection->receive(2);
  if (!length) return Unexpected<std::string>("by TCP: " + length.error());
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>((*length)[0])) << 8U |
                    static_cast<unsigned char>((*length)[1]);
  auto reply = connection->receive(size);
  if (!reply) return Unexpected<std::string>("by TCP: " + reply.error());
  if (!answers(*reply, query)) return Unexpected<std::string>("by TCP: nonsense");
  return reply;
}

bool is_truncated(const Packet& reply) {
  constexpr unsigned tc_bit = 0x02;
  return (static_cast<unsigned char>(reply[2]) & tc_bit) != 0;
}

// One answer with our id, or an error. What does not fit into a datagram is asked again by TCP
// (RFC 7766 §5).
Expected<Packet, std::string> ask(const NameServer& server, const std::string& name, unsigned type,
                                  std::chrono::milliseconds timeout) {
  std::random_device random;
  const Packet query = make_query(name, type, random() & 0xffffU);
  auto reply = ask_udp(server, query, timeout);
  if (reply && is_truncated(*reply)) return ask_tcp(server, query, timeout);
  return reply;
}

unsigned reply_code(const Packet& reply) {
  return static_cast<unsigned char>(reply[3]) & 0x0fU;
}

// The record with the lowest priority among the answers; one with target "." offers nothing.
std::optional<ServiceFact> read_service(const Packet& reply) {
  ns_msg message{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(reply.data());
  if (ns_initparse(bytes, static_cast<int>(reply.size()), &message) != 0) return std::nullopt;
  ServiceFact fact;
  unsigned best = 0x10000;
  for (int at = 0; at < static_cast<int>(ns_msg_count(message, ns_s_an)); ++at) {
    ns_rr record{};
    constexpr unsigned fixed_size = 6;
    if (ns_parserr(&message, ns_s_an, at, &record) != 0) return std::nullopt;
    if (ns_rr_type(record) != ns_t_srv || ns_rr_rdlen(record) <= fixed_size) continue;
    const unsigned char* data = ns_rr_rdata(record);
    const unsigned priority = ns_get16(data);
    std::array<char, NS_MAXDNAME> target{};
    if (priority >= best || ns_name_uncompress(bytes, bytes + reply.size(), data + fixed_size,
                                               target.data(), target.size()) < 0) {
      continue;
    }
    best = priority;
    fact.port = static_cast<std::uint16_t>(ns_get16(data + 4));
    fact.target = ascii::to_lower(target.data());
    if (fact.target == ".") fact.target = "(not offered)";
  }
  return fact;
}

}  // namespace

Observed<bool> probe_authenticated_data(const NameServer& server,
                                        std::chrono::milliseconds timeout) {
  const auto reply = ask(server, "", ns_t_soa, timeout);
  if (!reply) return not_observed<bool>(server.address.text() + ": " + reply.error());
  if (reply_code(*reply) != 0) {
    return not_observed<bool>(server.address.text() + " does not answer for the root zone");
  }
  constexpr unsigned ad_bit = 0x20;
  return (static_cast<unsigned char>((*reply)[3]) & ad_bit) != 0;
}

Observed<std::vector<ServiceFact>> probe_services(const NameServer& server,
                                                  const std::string& domain,
                                                  std::chrono::milliseconds timeout) {
  using Result = std::vector<ServiceFact>;
  Result services;
  for (const char* name : service_names) {
    const auto reply = ask(server, std::string(name) + "." + domain, ns_t_srv,
                           timeout / static_cast<int>(service_names.size()));
    if (!reply) return not_observed<Result>("SRV records: " + reply.error());
    const unsigned code = reply_code(*reply);
    if (code != ns_r_noerror && code != ns_r_nxdomain) {
      return not_observed<Result>("DNS failed for the SRV records");
    }
    auto fact = read_service(*reply);
    if (!fact) return not_observed<Result>("DNS answered nonsense for the SRV records");
    fact->name = name;
    services.push_back(std::move(*fact));
  }
  return services;
}

}  // namespace postern::io
