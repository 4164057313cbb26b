// A server for spamc: one request per connection, each answered by one of a fixed number of
// threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/antispam/spamd/protocol.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/io/sockets/listener.hpp"

namespace postern::io {

/// What answers a request whose content has come in full.
class SpamdHandler {
 public:
  SpamdHandler() = default;
  SpamdHandler(const SpamdHandler&) = delete;
  SpamdHandler& operator=(const SpamdHandler&) = delete;
  virtual ~SpamdHandler() = default;

  /// Called by several threads at once. May wait; an exception becomes a refusal.
  /// \param message  As it came, not compressed.
  /// \param peer     Address of who asks; "127.0.0.1" for a unix socket.
  /// \return The whole reply.
  [[nodiscard]] virtual std::string answer(const antispam::spamd::Request& request,
                                           std::string message, const std::string& peer) = 0;
  /// A connection that was refused or broke; for the log.
  virtual void on_problem(const std::string& peer, const std::string& problem) noexcept = 0;
};

struct SpamdLimits {
  std::size_t message_size = 0;  ///< Octets, unpacked.
  std::size_t threads = 4;       ///< Requests at once; more wait in the queue of the kernel.
  std::chrono::milliseconds request{30000};  ///< For a whole request to come in.
  std::chrono::milliseconds reply{30000};    ///< For the client to take the reply.
  std::vector<IpNetwork> clients;            ///< Who may ask by TCP.
};

class SpamdServer {
 public:
  /// Listens and serves until it goes; then requests that are being answered are finished.
  /// \param handler    Outlives the server.
  /// \throw std::system_error  Threads or descriptors are lacking.
  SpamdServer(std::vector<Listener> listeners, SpamdHandler& handler, SpamdLimits limits);
  SpamdServer(const SpamdServer&) = delete;
  SpamdServer& operator=(const SpamdServer&) = delete;
  ~SpamdServer();

  /// Accepts no more, and waits for requests that are being answered.
  void stop(std::chrono::milliseconds patience);

 private:
  void work();
  void finish();
  void wait_for_descriptors(int error);
  void count(int change);
  void serve(FileDescriptor socket, const std::string& peer);

  std::vector<Listener> listeners_;
  SpamdHandler& handler_;
  SpamdLimits limits_;
  FileDescriptor stop_;  // becomes readable at the end
  std::mutex mutex_;
  std::condition_variable is_idle_;
  std::size_t busy_ = 0;  // requests that are being answered
  std::atomic<bool> lacks_descriptors_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::io
