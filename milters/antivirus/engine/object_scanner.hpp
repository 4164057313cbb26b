// One request in a scanning process: each object in turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/antivirus/outcome.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/clamav/scan_engine.hpp"

namespace postern::avengine {

class ObjectScanner {
 public:
  /// \param engine  Outlives this.
  ObjectScanner(io::ScanEngine& engine, const antivirus::EngineOptions& options)
      : engine_(engine), options_(options) {}

  /// \param memory  The objects of the request, one after another. If it is something else, no
  ///                object is looked into.
  [[nodiscard]] std::vector<antivirus::Outcome> scan(const antivirus::ScanRequest& request,
                                                     std::string_view memory);

 private:
  [[nodiscard]] antivirus::Outcome scan_message(std::string_view octets,
                                                std::vector<io::InnerFile>& files);
  [[nodiscard]] antivirus::Outcome scan_attachment(const io::InnerFile& file);
  /// Of one attachment, with all that is packed in it.
  struct Depth {
    std::uint32_t level = 0;
    std::chrono::steady_clock::time_point deadline;
  };
  [[nodiscard]] antivirus::Outcome look_into_archive(std::string_view octets, Depth depth);

  io::ScanEngine& engine_;
  const antivirus::EngineOptions options_;
};

}  // namespace postern::avengine
