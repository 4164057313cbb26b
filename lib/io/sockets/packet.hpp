// Packets with a descriptor (SOCK_SEQPACKET and SCM_RIGHTS, unix(7)), without waiting.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

enum class Receipt {
  nothing,  ///< None has come yet.
  packet,
  end,  ///< The other side has gone, or sent a packet that is too long.
};

/// Takes one packet. Of several descriptors that come with it only the first is kept.
/// \param file  None when none came.
[[nodiscard]] Receipt receive_packet(int socket, std::size_t max_size, std::string& text,
                                     FileDescriptor& file);

enum class Sending { sent, full, failed };

/// Sends one packet.
/// \param descriptor  Negative: none.
[[nodiscard]] Sending send_packet(int socket, std::string_view text, int descriptor = -1);

/// Who is at the other end of a unix socket, as the kernel says (SO_PEERCRED); nobody when it does
/// not.
[[nodiscard]] uid_t user_of_peer(int socket);

/// Two ends of one connection; both are closed when another program is started.
struct PacketPair {
  FileDescriptor first;
  FileDescriptor second;
};
[[nodiscard]] PacketPair make_packet_pair();  ///< Without descriptors when the system has none.

}  // namespace postern::io
