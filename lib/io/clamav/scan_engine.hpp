// libclamav with one set of signatures.
#pragma once

#include <clamav.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/antivirus/outcome.hpp"
#include "lib/base/result.hpp"
#include "lib/io/clamav/inner_files.hpp"
#include "lib/io/handle.hpp"

namespace postern::io {

/// For one thread. A process that forks after load() shares the signatures with its children.
class ScanEngine {
 public:
  /// Loads signatures, which takes from milliseconds to a minute. libclamav prints nothing from now
  /// on.
  /// \param options  Of the limits, 0 is libclamav's own.
  /// \return The engine, or a line that says what is wrong and how it is put right.
  [[nodiscard]] static Expected<ScanEngine, std::string> load(
      const antivirus::EngineOptions& options);

  /// Differs when signatures, limits, or the version of libclamav do.
  [[nodiscard]] const std::string& generation() const { return generation_; }
  [[nodiscard]] std::uint64_t signatures() const { return signatures_; }

  /// Where libclamav unpacks from now on, this process only.
  [[nodiscard]] bool unpack_into(const std::string& directory);

  /// Looks into an object, and into what is in it. What libclamav could not look into for lack of
  /// memory or files is never clean.
  /// \param inner  Of what is known to be clean only the name is looked at, wherever it is. Of the
  ///               rest gets marked what has been met: what is clean together is clean alone.
  [[nodiscard]] antivirus::Outcome scan(std::string_view octets, std::span<InnerFile> inner = {});

  /// Scans a little of everything, so that this is set up once and not in each child.
  void warm_up();

 private:
  using Handle = CHandle<cl_engine, cl_engine_free>;

  ScanEngine(Handle engine, std::string generation, std::uint64_t signatures);

  Handle engine_;
  std::string generation_;
  std::uint64_t signatures_;
};

}  // namespace postern::io
