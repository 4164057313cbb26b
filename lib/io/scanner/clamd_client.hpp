// Asks one clamd.
#pragma once

#include <atomic>
#include <string>

#include "lib/antivirus/report.hpp"
#include "lib/antivirus/settings.hpp"
#include "lib/base/result.hpp"
#include "lib/io/scanner/failure.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {

/// A connection for each object. May be used from any thread.
class ClamdClient {
 public:
  explicit ClamdClient(antivirus::ScannerAddress address) : address_(std::move(address)) {}

  /// Scans one object: as sealed memory (FILDES) over a unix socket unless clamd refuses that, else
  /// as a stream (INSTREAM). \return Its outcome, or what is wrong with the scanner.
  [[nodiscard]] Expected<antivirus::Outcome, ScanFailure> scan(const antivirus::Scannable& object,
                                                               const Deadline& deadline);

 private:
  [[nodiscard]] Expected<Connection, ScanFailure> connect(const Deadline& deadline) const;
  [[nodiscard]] Expected<std::string, ScanFailure> hand_over(const antivirus::Scannable& object,
                                                             const Deadline& deadline) const;
  [[nodiscard]] Expected<std::string, ScanFailure> stream(const antivirus::Scannable& object,
                                                          const Deadline& deadline) const;

  const antivirus::ScannerAddress address_;
  std::atomic<bool> streams_only_ = false;  // it has refused a descriptor
};

}  // namespace postern::io
