// Which kind of archive an object is, by its octets and not by its name.
#pragma once

#include <optional>
#include <string_view>

namespace postern::io {

enum class ArchiveKind {
  zip,
  seven_zip,
  rar,
  cab,
  lha,
  tar,
  cpio,
  iso9660,
  gzip,  // from here on one stream, which may be of a tar archive
  bzip2,
  xz,
  lzip,
  zstd,
  lz4,
  compress,
};

/// \return Nothing if it is none of these.
[[nodiscard]] std::optional<ArchiveKind> find_archive_kind(std::string_view octets);

/// "RAR"
[[nodiscard]] std::string_view name_of(ArchiveKind kind);

}  // namespace postern::io
