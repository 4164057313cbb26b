// The clients of the scanner: who may ask, what they ask, and their answers.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lib/antivirus/scanner_settings.hpp"
#include "lib/antivirus/status.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/asio/packet_channel.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/sockets/listener.hpp"
#include "lib/io/training/senders.hpp"
#include "milters/antivirus/dispatcher.hpp"
#include "milters/antivirus/generations.hpp"

namespace postern::avscan {

class Reception {
 public:
  /// Everything borrowed outlives it.
  Reception(io::EventLoop& loop, io::Log& log, Dispatcher& dispatcher, Generations& generations,
            const antivirus::ScannerSettings& settings);

  void serve(io::Listener listener);
  void reload(const antivirus::ScannerSettings& settings);
  /// Takes no more clients; those that wait for an answer get it.
  void stop();

  [[nodiscard]] antivirus::Status status() const;

 private:
  struct Client {
    uid_t user = 0;
    std::shared_ptr<io::PacketChannel> channel;
    std::shared_ptr<Job> job;  // what it waits for
    bool waits = false;        // for the end of a reload
    io::EventLoop::Timer idle;
  };
  using Place = std::list<Client>::iterator;
  struct Door {
    std::unique_ptr<io::Listener> listener;
    std::unique_ptr<io::PacketAcceptor> acceptor;
  };

  void on_client(io::FileDescriptor socket, uid_t user);
  void on_packet(Place client, const std::string& text, io::FileDescriptor file);
  void on_scan(Place client, const std::string& text, io::FileDescriptor file);
  void on_control(Place client, antivirus::ControlRequest request);
  void answer(Place client, const std::string& text);
  void wait_idle(Place client);
  void close(Place client);
  void refuse(std::string_view problem, uid_t user);
  [[nodiscard]] bool may_ask(uid_t user);

  io::EventLoop& loop_;
  io::Log& log_;
  Dispatcher& dispatcher_;
  Generations& generations_;
  io::Senders users_;
  std::list<Door> doors_;
  std::list<Client> clients_;
  std::int64_t refused_ = 0;
  std::chrono::steady_clock::time_point next_refusal_{};
};

}  // namespace postern::avscan
