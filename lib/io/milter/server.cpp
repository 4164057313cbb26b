#include "lib/io/milter/server.hpp"

#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "lib/io/milter/callbacks.hpp"
#include "lib/io/milter/no_signals.hpp"
#include "lib/io/sockets/socket_lock.hpp"

namespace postern::milter {
namespace {

constexpr int backlog = 256;               // libmilter's own default is SOMAXCONN only since 8.17
constexpr int max_early_descriptor = 256;  // the daemon has just started
constexpr mode_t socket_mask = 0007;

// libmilter answers in several small writes, which Nagle's algorithm and a delayed acknowledgement
// turn into 40 ms a message on a TCP connection. Accepted sockets take the option from the
// listening one, whose descriptor libmilter keeps to itself: it is the one that listens.
void disable_nagle_on_listener() {
  const int limit = static_cast<int>(::sysconf(_SC_OPEN_MAX));
  for (int fd = 0; fd < std::min(limit, max_early_descriptor); ++fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on a unix socket
  }
}

}  // namespace

Server::Server(Application& application) {
  keep_signals_from_libmilter();
  set_application(&application);
}

void Server::close() {
  if (lock_ < 0) return;
  ::unlink(path_.c_str());
  ::close(lock_);
  lock_ = -1;
}

Expected<void, std::string> Server::open(const std::string& socket) {
  constexpr std::string_view unix_prefix = "unix:";
  if (socket.starts_with(unix_prefix)) {
    path_ = socket.substr(unix_prefix.size());
    const auto lock = io::lock_socket_path(path_, {"postern-milter", "milter.socket"});
    if (!lock) return Unexpected<std::string>(lock.error());
    lock_ = *lock;
  } else if (!socket.starts_with("inet:") && !socket.starts_with("inet6:")) {
    return Unexpected<std::string>("milter.socket: \"" + socket +
                                   "\" is neither unix:PATH nor inet:PORT@ADDRESS");
  }
  if (smfi_setconn(const_cast<char*>(socket.c_str())) != MI_SUCCESS) {
    return Unexpected<std::string>("milter.socket: \"" + socket +
                                   "\" is not accepted by libmilter");
  }
  if (smfi_register(description()) != MI_SUCCESS) {
    return Unexpected<std::string>("libmilter refuses to register; is it another version?");
  }
  smfi_setbacklog(backlog);
  const mode_t old_mask = ::umask(socket_mask);
  const int opened = smfi_opensocket(false);
  ::umask(old_mask);
  if (opened != MI_SUCCESS) {
    return Unexpected<std::string>(
        "cannot listen on \"" + socket +
        "\": the port is taken, or the directory is missing or not writable (see above)");
  }
  disable_nagle_on_listener();
  return {};
}

void Server::run() {
  (void)smfi_main();
}

void Server::refuse_new_messages() {
  milter::refuse_new_messages();
}

}  // namespace postern::milter
