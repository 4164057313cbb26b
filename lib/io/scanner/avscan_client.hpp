// Asks one postern-avscan.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/scanner/failure.hpp"
#include "lib/io/sockets/deadline.hpp"

namespace postern::io {

/// Keeps connections for the next request. May be used from any thread.
class AvscanClient {
 public:
  /// \param path  Of its socket.
  explicit AvscanClient(std::string path) : path_(std::move(path)) {}

  /// Sends a request (lib/antivirus/scan_protocol.hpp) and waits for its answer. When the
  /// connection ends before it came, the request is sent once more over a new one: the scanner may
  /// have been started anew.
  /// \param memory  Sealed, for a scan; negative: none.
  [[nodiscard]] Expected<std::string, ScanFailure> ask(std::string_view request, int memory,
                                                       const Deadline& deadline);

 private:
  [[nodiscard]] FileDescriptor take_idle();
  void keep(FileDescriptor connection);

  const std::string path_;
  std::mutex mutex_;
  std::vector<FileDescriptor> idle_;  // guarded by mutex_; the one used last at the end
};

}  // namespace postern::io
