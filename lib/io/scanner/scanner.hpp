// Scans for viruses by asking postern-avscan or clamd; several of them in their order.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "lib/antivirus/report.hpp"
#include "lib/antivirus/settings.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/io/sockets/deadline.hpp"

namespace postern::io {

/// One for a program; may be used from any thread.
class Scanner {
 public:
  /// Told once when a scanner begins to fail, and once when it answers again (empty problem).
  using Notice = std::function<void(const std::string& address, const std::string& problem)>;

  /// One that answered a moment ago may be away for so long, to be started anew.
  static constexpr std::chrono::seconds time_to_restart{2};

  /// \param crypto  For digests; outlives it.
  Scanner(const dkim::Crypto& crypto, Notice notice);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  /// Asks the first scanner; the next one if that does not answer, cannot scan now, or has left
  /// something out for lack of memory.
  /// \param objects   At most antivirus::max_objects.
  /// \param scanners  In the order in which they are tried; at least one.
  /// \param timeout   For all of it. A scanner gets half of what is left, the last one all.
  /// \return An outcome for each object; each is temperror when nobody answers.
  [[nodiscard]] antivirus::Report scan(std::span<const antivirus::Scannable> objects,
                                       std::span<const antivirus::ScannerAddress> scanners,
                                       std::chrono::milliseconds timeout);

  /// After the configuration was read again: closes the connections to all others, and leaves none
  /// of these alone any longer.
  void keep_only(std::span<const antivirus::ScannerAddress> scanners);

 private:
  class Line;      // to one scanner
  struct Request;  // what is sent, made once
  using Lines = std::vector<std::shared_ptr<Line>>;
  enum class End { answered, failing, away };

  [[nodiscard]] Lines lines_to(std::span<const antivirus::ScannerAddress> scanners);
  [[nodiscard]] End ask(Line& line, Request& request, const Deadline& deadline,
                        antivirus::Report& report);
  [[nodiscard]] End ask_in_turn(const Lines& lines, Request& request, const Deadline& deadline,
                                antivirus::Report& report);

  const dkim::Crypto& crypto_;
  const Notice notice_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Line>> lines_;  // guarded by mutex_; by address
};

}  // namespace postern::io
