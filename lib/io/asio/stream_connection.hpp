// One connection of a StreamServer.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <asio/posix/stream_descriptor.hpp>

#include "lib/io/asio/implementation.hpp"
#include "lib/io/asio/stream_server.hpp"

namespace postern::io {

/// What a connection needs of its server.
class StreamOwner {
 public:
  StreamOwner() = default;
  StreamOwner(const StreamOwner&) = delete;
  StreamOwner& operator=(const StreamOwner&) = delete;
  StreamOwner(StreamOwner&&) = delete;
  StreamOwner& operator=(StreamOwner&&) = delete;
  virtual ~StreamOwner() = default;
  [[nodiscard]] virtual EventLoop& loop() = 0;
  [[nodiscard]] virtual const StreamLimits& limits() const = 0;
  /// Room to read into; its content is of use until the next read of any connection.
  [[nodiscard]] virtual std::string& read_buffer() = 0;
  [[nodiscard]] virtual bool is_draining() const = 0;
  virtual void remove(Stream& stream) = 0;
};

class StreamConnection final : public Stream,
                               public std::enable_shared_from_this<StreamConnection> {
 public:
  /// \param owner  Kept until the connection has gone.
  StreamConnection(std::shared_ptr<StreamOwner> owner, FileDescriptor socket);
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;
  StreamConnection(StreamConnection&&) = delete;
  StreamConnection& operator=(StreamConnection&&) = delete;
  ~StreamConnection() override;

  void start(const StreamServer::Factory& factory);
  void close_if_idle();
  /// At the end of the server: closes at once, and lets go of the conversation.
  void end();

  void send(std::string text) override;
  void pause_reading() override { paused_ = true; }
  void read_on() override;
  void close() override;
  void expect_within(std::chrono::milliseconds time) override;

 private:
  void wait_for_data();
  void read();
  void write();
  void watch_expectation(std::chrono::milliseconds time);
  void stop_expecting();
  void abandon();

  const std::shared_ptr<StreamOwner> owner_;
  asio::posix::stream_descriptor socket_;
  std::unique_ptr<Conversation> conversation_;
  std::string outbox_;
  std::optional<std::chrono::steady_clock::time_point> expected_until_;
  std::chrono::steady_clock::time_point expectation_due_;  // of its timer
  EventLoop::Timer expectation_;
  EventLoop::Timer unread_;
  bool paused_ = false;
  bool waiting_ = false;  // for data
  bool writing_ = false;
  bool ended_ = false;    // the peer sends no more
  bool closing_ = false;  // when the outbox is empty
  bool closed_ = false;
};

}  // namespace postern::io
