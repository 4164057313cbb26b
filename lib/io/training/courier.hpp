// Brings events to the learner over a unix socket, without ever waiting for it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

/// What the learner answers to each event once it is safe on its disk.
inline constexpr char training_receipt = '+';
/// What it answers to one that it never takes, such as for a user for whom the sender must not
/// speak: there is nothing to be done about it but to say so.
inline constexpr char training_refusal = '-';

/// One connection (SOCK_SEQPACKET). Each packet is the line of an event, with the message as sealed
/// memory beside it, or a line that says something else. Until its receipt has come, an event is
/// the sender's to look after.
class Courier {
 public:
  /// \return A connection, or why there is none: nobody listens, or too many wait already.
  [[nodiscard]] static Expected<Courier, std::string> connect(const std::string& path);

  /// \param message  From seal_message(); may be closed afterwards.
  /// \return Whether it has gone; if not, the connection is of no more use.
  [[nodiscard]] bool send(std::string_view line, int message);
  /// A line without a message.
  [[nodiscard]] bool send(std::string_view line);

  /// How many receipts have come since the last call, refusals among them.
  [[nodiscard]] std::size_t take_receipts();
  /// How many events the learner has refused so far.
  [[nodiscard]] std::size_t refused() const { return refused_; }
  /// Whether the learner has closed, so that no more receipts will come.
  [[nodiscard]] bool is_closed() const { return closed_; }
  /// Waits until something has come, or until time is up.
  void wait(std::chrono::milliseconds time) const;

  /// Becomes readable when take_receipts() has something to do.
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  explicit Courier(FileDescriptor socket) : socket_(std::move(socket)) {}

  FileDescriptor socket_;
  bool closed_ = false;
  std::size_t refused_ = 0;
};

}  // namespace postern::io
