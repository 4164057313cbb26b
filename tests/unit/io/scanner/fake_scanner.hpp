// A scanner in a thread of its own, which does with each connection what a test says.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

class FakeScanner {
 public:
  /// What it does with a connection; false: the connection is closed.
  using Serve = std::function<bool(int connection)>;

  /// \param type  SOCK_SEQPACKET or SOCK_STREAM.
  FakeScanner(int type, Serve serve);
  ~FakeScanner();
  FakeScanner(const FakeScanner&) = delete;
  FakeScanner& operator=(const FakeScanner&) = delete;

  /// Closes all connections and listens anew.
  void restart();
  /// Closes all connections and does not listen any more.
  void stop();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void listen();
  void run(int listener, int stop) const;

  const int type_;
  const Serve serve_;
  std::string directory_;
  std::string path_;
  FileDescriptor listener_;
  FileDescriptor stop_;
  std::thread thread_;
};

/// One request to postern-avscan: its line, and the octets of its memory.
struct ScanCall {
  std::string text;
  std::string octets;
};
/// Waits for it; false at the end of the connection.
[[nodiscard]] bool receive_call(int connection, ScanCall& call);
void reply(int connection, const std::string& text);

}  // namespace postern::io
