// Tells another program on this host something, without waiting for it.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

/// A unix datagram socket without a name. May be used from any thread.
class DatagramSender {
 public:
  /// \param path  Where the receiver is bound; it need not be there yet. Empty: nobody is told.
  explicit DatagramSender(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }

  /// \return The datagram was handed over, or why not: no_such_file_or_directory and
  ///         connection_refused when nobody listens, operation_would_block when the receiver has
  ///         too much to read already, and others such as permission_denied.
  [[nodiscard]] std::error_code send(std::string_view datagram) const;

 private:
  std::string path_;
  FileDescriptor socket_;
};

}  // namespace postern::io
