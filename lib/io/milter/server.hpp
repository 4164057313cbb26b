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

  /// Serves until the process ends, in a thread of its own; returns only when libmilter gives up.
  static void run();

  /// From now on every new message gets a temporary failure; those begun go on. libmilter's own
  /// stop is not used: it takes five seconds, and takes away what its threads still work with.
  static void refuse_new_messages();

  /// libmilter sends an answer after the callback that gave it, and tells nobody when. A process
  /// that ends after its last callback leaves it this long to do so.
  static constexpr std::chrono::milliseconds time_to_answer{200};

 private:
  int lock_ = -1;
  std::string path_;
};

}  // namespace postern::milter
