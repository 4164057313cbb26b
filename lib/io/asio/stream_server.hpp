// A server of conversations over stream sockets: any number of listeners, one object per
// connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/sockets/listener.hpp"

namespace postern::io {

/// What a conversation can do to its connection. Everything runs in the loop's thread.
class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream(Stream&&) = delete;
  Stream& operator=(Stream&&) = delete;
  virtual ~Stream() = default;

  /// Sends text behind what was sent before.
  virtual void send(std::string text) = 0;
  /// No more is read until read_on(): backpressure for a peer that asks faster than it is answered.
  virtual void pause_reading() = 0;
  virtual void read_on() = 0;
  /// Closes when all that was sent has gone.
  virtual void close() = 0;
  /// The peer must send more, or close, within this time; otherwise Conversation::on_late() is
  /// called and the connection closed. Zero: it may take its time.
  virtual void expect_within(std::chrono::milliseconds time) = 0;
};

/// One connection's side of a protocol.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  Conversation(Conversation&&) = delete;
  Conversation& operator=(Conversation&&) = delete;
  virtual ~Conversation() = default;

  virtual void on_data(std::string_view bytes) = 0;
  /// The peer sends no more; what it asked may still be answered. Close when that is done.
  virtual void on_end() = 0;
  /// See Stream::expect_within.
  virtual void on_late() = 0;
  /// Whether an answer is owed. Idle conversations are closed at a stop.
  [[nodiscard]] virtual bool is_busy() const = 0;
};

struct StreamLimits {
  std::size_t connections = 4000;           ///< More wait in the queue of the listener.
  std::size_t unsent = 256 * 1024;          ///< Bytes of answers that the peer does not read.
  std::chrono::milliseconds unread{10000};  ///< How long the peer may read nothing at all.
};

class StreamServer {
 public:
  /// Makes the conversation of a new connection. The stream outlives it.
  using Factory = std::function<std::unique_ptr<Conversation>(Stream&)>;

  /// \param loop  Outlives the server.
  StreamServer(EventLoop& loop, Factory factory, const StreamLimits& limits);
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;
  StreamServer(StreamServer&&) = delete;
  StreamServer& operator=(StreamServer&&) = delete;
  ~StreamServer();

  /// Accepts connections from this listener, too.
  void serve(Listener listener);

  /// Accepts no more, closes idle connections at once and each other one as soon as it is idle.
  void drain();

  [[nodiscard]] std::size_t connections() const;

  class Implementation;

 private:
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace postern::io
