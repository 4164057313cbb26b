#include "lib/io/scanner/clamd_client.hpp"

#include <poll.h>

#include <utility>

#include "lib/antivirus/clamd.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/sockets/packet.hpp"

namespace postern::io {
namespace {

using antivirus::Outcome;
using antivirus::Scannable;

constexpr std::string_view one_octet{"\0", 1};  // that the descriptor comes with

Unexpected<ScanFailure> failure(std::string problem) {
  return Unexpected<ScanFailure>({std::move(problem)});
}

Expected<std::string, ScanFailure> receive_reply(Connection& connection) {
  auto reply = connection.receive_until('\0', antivirus::max_clamd_reply);
  if (!reply) return failure(reply.error());
  return std::move(*reply);
}

Expected<void, std::string> send_chunks(Connection& connection, std::string_view octets) {
  while (!octets.empty()) {
    const std::string_view chunk = octets.substr(0, antivirus::max_clamd_chunk);
    octets.remove_prefix(chunk.size());
    const auto length = antivirus::clamd_length(static_cast<std::uint32_t>(chunk.size()));
    auto sent = connection.send({length.data(), length.size()});
    if (sent) sent = connection.send(chunk);
    if (!sent) return sent;
  }
  return {};
}

Expected<void, std::string> send_stream(Connection& connection, const Scannable& object) {
  auto sent = connection.send(antivirus::clamd_instream);
  for (auto piece = object.pieces.begin(); sent && piece != object.pieces.end(); ++piece) {
    sent = send_chunks(connection, *piece);
  }
  const auto end = antivirus::clamd_length(0);
  if (sent) sent = connection.send({end.data(), end.size()});
  return sent;
}

}  // namespace

Expected<Connection, ScanFailure> ClamdClient::connect(const Deadline& deadline) const {
  const auto ip = parse_ip_address(address_.host);
  if (address_.path.empty() && !ip) return failure("\"" + address_.host + "\" is no address");
  auto connection = address_.path.empty() ? connect_to(*ip, address_.port, deadline)
                                          : connect_to(address_.path, deadline);
  if (!connection) return Unexpected<ScanFailure>({connection.error(), true});
  return std::move(*connection);
}

Expected<std::string, ScanFailure> ClamdClient::hand_over(const Scannable& object,
                                                          const Deadline& deadline) const {
  const auto memory = seal_message(object.pieces);
  if (!memory) return failure(memory.error());
  auto connection = connect(deadline);
  if (!connection) return Unexpected<ScanFailure>(connection.error());
  if (const auto sent = connection->send(antivirus::clamd_fildes); !sent) {
    return failure(sent.error());
  }
  const int socket = connection->descriptor();
  while (send_packet(socket, one_octet, memory->get()) == Sending::full) {
    if (!wait_ready(socket, POLLOUT, deadline)) break;
  }
  // Whoever does not know the command says so, and hangs up.
  return receive_reply(*connection);
}

Expected<std::string, ScanFailure> ClamdClient::stream(const Scannable& object,
                                                       const Deadline& deadline) const {
  auto connection = connect(deadline);
  if (!connection) return Unexpected<ScanFailure>(connection.error());
  const auto sent = send_stream(*connection, object);
  auto reply = receive_reply(*connection);
  // clamd does not read what is beyond its limit: then the reply says more than the broken pipe.
  if (!reply && !sent) return failure(sent.error());
  return reply;
}

Expected<Outcome, ScanFailure> ClamdClient::scan(const Scannable& object,
                                                 const Deadline& deadline) {
  const bool hands_over = !address_.path.empty() && !streams_only_;
  auto reply = hands_over ? hand_over(object, deadline) : stream(object, deadline);
  if (hands_over && reply && antivirus::is_clamd_refusal(*reply)) {
    streams_only_ = true;
    reply = stream(object, deadline);
  }
  if (!reply) return Unexpected<ScanFailure>(reply.error());
  return antivirus::parse_clamd_reply(*reply);
}

}  // namespace postern::io
