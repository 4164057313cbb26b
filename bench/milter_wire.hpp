// The mail filter protocol on the wire: addresses, commands, frames, and the socket they cross.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace postern::bench {

/// Where a milter listens: "unix:PATH" or "inet:HOST:PORT" (Postfix's notation).
struct Address {
  std::string host_or_path;
  std::string port;  ///< Empty for a unix socket.
};
/// Throws std::invalid_argument for any other notation.
Address parse_address(std::string_view text);

/// The milter closed the connection, stayed silent, or broke the protocol.
struct WireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Frame {
  char command = 0;
  std::string_view data;  ///< Borrowed from the wire: good until the next receive().
};

/// Appends a 32-bit number in network order.
void append_u32(std::uint32_t number, std::string* to);
/// Takes a 32-bit number from the front of `data`; throws WireError if there are too few bytes.
std::uint32_t take_u32(std::string_view* data);
/// Takes a NUL-terminated string from the front of `data`; throws WireError if there is no NUL.
std::string_view take_string(std::string_view* data);

/// One connection to a milter. Commands are buffered until a reply is wanted, as Postfix does, so
/// that commands without a reply share a write. Every member function may throw WireError.
class Wire {
 public:
  explicit Wire(const Address& address);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Queues a command whose data are NUL-terminated strings.
  void put(char command, std::initializer_list<std::string_view> strings);
  /// Queues a command with its data as they are; long data go out at once, uncopied.
  void put_raw(char command, std::string_view data);
  void flush();
  /// Flushes and waits for a frame.
  Frame receive();

 private:
  void start_frame(char command, std::size_t data_size);
  void send_all(std::string_view first, std::string_view second);
  void fill(std::size_t wanted);

  int socket_ = -1;
  std::string out_;
  std::string in_;
  std::size_t in_at_ = 0;  ///< Start of the first frame of in_ not yet handed out.
};

}  // namespace postern::bench
