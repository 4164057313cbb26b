// A milter daemon on libmilter: one socket, one Application, until it is told to stop.
#pragma once

#include <chrono>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/milter/handler.hpp"

namespace postern::milter {

/// The listening end. libmilter keeps its state in globals: one Server per process.
class Server {
 public:
  /// \param application  Outlives the server.
  explicit Server(Application& application);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { close(); }

  /// Binds the socket. A unix socket left behind by a dead daemon is replaced, that of a living one
  /// is not: whoever holds "PATH.lock" owns the path.
  /// \param socket  "unix:PATH" or "inet:PORT@ADDRESS".
  /// \return What is wrong and what to do about it.
  [[nodiscard]] Expected<void, std::string> open(const std::string& socket);

  /// Gives the path of a unix socket free again.
  void close();

  /// Serves until stop(). Run it in a thread of its own: libmilter takes SIGTERM, SIGINT, and
  /// SIGHUP in whatever thread does not handle them first. \return Whether it ended because of
  /// stop().
  [[nodiscard]] bool run();

  /// Ends run() within libmilter's poll interval of five seconds. New connections are refused.
  static void stop();

  /// Waits until no callback is running, but not longer than `timeout`.
  /// \return Whether none is.
  static bool wait_until_idle(std::chrono::milliseconds timeout);

 private:
  int lock_ = -1;
  std::string path_;
};

}  // namespace postern::milter
