// Where updates come from: the mirrors of a channel, or a directory with the same files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

/// What belongs to one version of a channel. Nothing of it is verified.
struct UpdatePackage {
  std::string archive;    ///< VERSION.tar.gz
  std::string digest;     ///< Content of the file ".sha512" or ".sha256".
  bool is_sha512 = true;  ///< Which of them.
  std::string signature;  ///< Content of the file ".asc"; empty if it was not asked for.
};

class UpdateSource {
 public:
  UpdateSource() = default;
  UpdateSource(const UpdateSource&) = delete;
  UpdateSource& operator=(const UpdateSource&) = delete;
  UpdateSource(UpdateSource&&) = delete;
  UpdateSource& operator=(UpdateSource&&) = delete;
  virtual ~UpdateSource() = default;

  /// The newest version; nothing: the channel has none for us. Its time begins here.
  [[nodiscard]] virtual Expected<std::optional<std::uint64_t>, std::string> newest(
      const std::string& channel) = 0;
  [[nodiscard]] virtual Expected<UpdatePackage, std::string> fetch(const std::string& channel,
                                                                   std::uint64_t version,
                                                                   bool with_signature) = 0;
};

/// A directory. The newest version is that with the highest number.
[[nodiscard]] std::unique_ptr<UpdateSource> make_folder_source(std::string directory);

inline constexpr std::size_t max_tried_mirrors = 5;

struct NetworkSourceOptions {
  std::string mirror;      ///< URL of the only mirror; empty: those that the channel names.
  std::string ca_file;     ///< PEM of the authorities trusted; empty: those of the system.
  std::string connect_to;  ///< "ADDRESS:PORT" instead of those of mirrors, for tests.
  Budget budget;           ///< For the questions of one step.
  /// For all that belongs to one channel.
  std::chrono::milliseconds time_limit = std::chrono::minutes(10);
};

/// DNS says which version there is and where the list of mirrors lies; postern-fetch fetches, over
/// HTTPS only. A mirror that lacks one of the files is left for another; max_tried_mirrors are
/// tried. \param resolver  Outlives the source.
[[nodiscard]] std::unique_ptr<UpdateSource> make_network_source(Resolver& resolver,
                                                                NetworkSourceOptions options);

}  // namespace postern::io
