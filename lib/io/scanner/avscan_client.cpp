#include "lib/io/scanner/avscan_client.hpp"

#include <poll.h>

#include <utility>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/sockets/connection.hpp"
#include "lib/io/sockets/packet.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_idle = 16;  // connections that are kept

enum class End { answered, closed, late };

End exchange(int connection, std::string_view request, int memory, const Deadline& deadline,
             std::string& answer) {
  Sending sending = send_packet(connection, request, memory);
  while (sending == Sending::full) {
    if (!wait_ready(connection, POLLOUT, deadline)) return End::late;
    sending = send_packet(connection, request, memory);
  }
  if (sending == Sending::failed) return End::closed;
  while (wait_ready(connection, POLLIN, deadline)) {
    FileDescriptor nothing;
    switch (receive_packet(connection, antivirus::max_packet_size, answer, nothing)) {
      case Receipt::packet: return End::answered;
      case Receipt::end: return End::closed;
      case Receipt::nothing: break;
    }
  }
  return End::late;
}

// What nobody has asked for cannot be there, but for the end.
bool is_usable(int connection) {
  pollfd entry{connection, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0;
}

}  // namespace

FileDescriptor AvscanClient::take_idle() {
  const std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    FileDescriptor connection = std::move(idle_.back());
    idle_.pop_back();
    if (is_usable(connection.get())) return connection;
  }
  return {};
}

void AvscanClient::keep(FileDescriptor connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle) idle_.push_back(std::move(connection));
}

Expected<std::string, ScanFailure> AvscanClient::ask(std::string_view request, int memory,
                                                     const Deadline& deadline) {
  FileDescriptor connection = take_idle();
  for (int attempts_left = 2; attempts_left > 0; --attempts_left) {
    if (!connection) {
      auto connected = connect_for_packets(path_, deadline);
      if (!connected) return Unexpected<ScanFailure>({connected.error(), true});
      connection = std::move(*connected);
    }
    std::string answer;
    const End end = exchange(connection.get(), request, memory, deadline, answer);
    if (end == End::answered) {
      keep(std::move(connection));
      return answer;
    }
    if (end == End::late) return Unexpected<ScanFailure>({"no answer in time"});
    connection = {};
  }
  return Unexpected<ScanFailure>(
      {"it closed the connection; does scanner.clients name the user of this program?"});
}

}  // namespace postern::io
