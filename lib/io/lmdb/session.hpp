// A store file in use: opened, checked, with checkpoints being made.
#pragma once

#include <memory>

#include "lib/io/lmdb/checkpointer.hpp"
#include "lib/io/lmdb/environment.hpp"
#include "lib/io/lmdb/opening.hpp"

namespace postern::io::lmdb {

/// Made by open_session().
struct Session {
  std::unique_ptr<StoreFile> file;
  std::unique_ptr<Environment> environment;
  FileDescriptor data;
  std::unique_ptr<Checkpointer> checkpointer;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Without close(): as if the process had been killed.
  ~Session() = default;

  /// Makes the last checkpoint if nobody else uses the file. \param sound  Whether it is worth it.
  void close(const store::Timeline& timeline, bool sound);
};

/// \param map_size  Bytes.
[[nodiscard]] Expected<std::unique_ptr<Session>, store::Failure> open_session(
    const std::string& file, std::size_t map_size, const HostClock& clock, store::Time now);

}  // namespace postern::io::lmdb
