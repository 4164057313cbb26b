#include "lib/io/milter/server.hpp"

#include <libmilter/mfapi.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/io/milter/callbacks.hpp"
#include "lib/io/milter/socket_lock.hpp"

namespace postern::milter {
namespace {

constexpr int backlog = 256;  // libmilter's own default is SOMAXCONN only since 8.17
constexpr mode_t socket_mask = 0007;

}  // namespace

Server::Server(Application& application) {
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
    const auto lock = lock_socket_path(path_);
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
  return {};
}

bool Server::run() {
  return smfi_main() == MI_SUCCESS;
}

void Server::stop() {
  smfi_stop();
}

bool Server::wait_until_idle(std::chrono::milliseconds timeout) {
  return wait_for_callbacks(timeout);
}

}  // namespace postern::milter
