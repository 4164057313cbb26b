#include "lib/io/probe/servers.hpp"

#include <cstdint>

#include "lib/doctor/facts.hpp"
#include "lib/io/probe/endpoint.hpp"

namespace postern::io {
namespace {

constexpr std::uint16_t smtp_port = 25;
constexpr std::uint32_t milter_version = 6;
constexpr std::uint32_t all_actions = 0x1ff;   // what Postfix offers (SMFI_CURR_ACTS)
constexpr std::uint32_t all_steps = 0x1fffff;  // SMFI_CURR_PROT
constexpr std::size_t max_negotiation_size = 4096;

std::string network_order(std::uint32_t number) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
  return bytes;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

std::string packet(const std::string& content) {
  return network_order(static_cast<std::uint32_t>(content.size())) + content;
}

std::string judge_negotiation(Connection& connection) {
  const auto head = connection.receive(4);
  if (!head) return head.error();
  const std::uint32_t size = number_at(*head, 0);
  if (size < 13 || size > max_negotiation_size) return "it does not speak the milter protocol";
  const auto reply = connection.receive(size);
  if (!reply) return reply.error();
  if (reply->front() != 'O') return "it does not speak the milter protocol";
  const std::uint32_t version = number_at(*reply, 1);
  if (version < 2 || version > milter_version) {
    return "it speaks version " + std::to_string(version) + " of the milter protocol";
  }
  return "";
}

std::string judge_greeting(Connection& connection) {
  const auto line = connection.receive_line();
  if (!line) return line.error();
  return line->starts_with("220") ? "" : "it refused with " + line->substr(0, 3);
}

}  // namespace

std::string probe_milter(const doctor::Endpoint& endpoint, std::chrono::milliseconds timeout) {
  auto connection = connect_to(endpoint, Deadline(timeout));
  if (!connection) return connection.error();
  const auto sent = connection->send(packet("O" + network_order(milter_version) +
                                            network_order(all_actions) + network_order(all_steps)));
  if (!sent) return sent.error();
  std::string problem = judge_negotiation(*connection);
  (void)connection->send(packet("Q"));  // the server ends with the connection in any case
  return problem;
}

std::string probe_policy(const doctor::Endpoint& endpoint, const std::string& host,
                         std::chrono::milliseconds timeout) {
  auto connection = connect_to(endpoint, Deadline(timeout));
  if (!connection) return connection.error();
  const auto sent = connection->send(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
      "client_address=127.0.0.1\nclient_name=localhost\nhelo_name=" +
      host + "\nsender=postmaster@" + host + "\nrecipient=postmaster@" + host + "\n\n");
  if (!sent) return sent.error();
  const auto line = connection->receive_line();
  if (!line) return line.error();
  return line->starts_with("action=") ? "" : "it does not speak the policy protocol";
}

std::string probe_smtp(const std::vector<IpAddress>& addresses, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  std::string problem(doctor::no_address);
  for (const IpAddress& address : addresses) {
    auto connection = connect_to(address, smtp_port, deadline);
    if (!connection) {
      problem = connection.error();
      continue;
    }
    problem = judge_greeting(*connection);
    (void)connection->send("QUIT\r\n");
    return problem;
  }
  return problem;
}

}  // namespace postern::io
