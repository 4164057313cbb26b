// A table whose server takes questions and never answers.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace postern::io {

class SilentServer {
 public:
  explicit SilentServer(std::string path) : path_(std::move(path)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    works_ = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
             ::listen(socket_, 8) == 0;
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(socket_); }

  [[nodiscard]] bool works() const { return works_; }
  [[nodiscard]] std::string table() const { return "socketmap:unix:" + path_ + ":name"; }

 private:
  std::string path_;
  int socket_ = -1;
  bool works_ = false;
};

}  // namespace postern::io
