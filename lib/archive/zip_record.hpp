// Records of a ZIP archive (PKWARE APPNOTE 6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/archive/entry.hpp"

namespace postern::archive {

inline constexpr std::string_view zip_local_signature{"PK\3\4", 4};
inline constexpr std::string_view zip_central_signature{"PK\1\2", 4};
inline constexpr std::string_view zip_descriptor_signature{"PK\7\10", 4};
inline constexpr std::string_view zip_end_signature{"PK\5\6", 4};
inline constexpr std::size_t zip_end_size = 22;

/// A local file header (APPNOTE §4.3.7) or a central one (§4.3.12). Views borrow.
struct ZipRecord {
  std::uint32_t flags = 0;
  std::uint32_t method = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t local_offset = 0;  ///< Of a central header.
  std::string_view name;
  std::string_view extra;
  std::size_t record_size = 0;  ///< Octets of the record itself.

  [[nodiscard]] bool is_encrypted() const;
  [[nodiscard]] bool has_descriptor() const;    ///< Sizes follow the data.
  [[nodiscard]] bool has_masked_names() const;  ///< The central directory is encrypted.
  [[nodiscard]] Method packing() const;
  /// The name of the Info-ZIP Unicode Path field (§4.6.9), or nothing.
  [[nodiscard]] std::string_view unicode_name() const;
};

/// The local header at `at`, or nothing if there is none, or it does not end before the text does.
[[nodiscard]] std::optional<ZipRecord> read_zip_local(std::string_view text, std::uint64_t at);
/// The central header at `at`, likewise.
[[nodiscard]] std::optional<ZipRecord> read_zip_central(std::string_view text, std::uint64_t at);

/// The end of the central directory (§4.3.16), with that of zip64 before it.
struct ZipEnd {
  std::uint64_t entries = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t directory_offset = 0;
  std::uint64_t directory_end = 0;  ///< Where the first of the end records stands.
};

[[nodiscard]] std::optional<ZipEnd> read_zip_end(std::string_view text, std::size_t at);

}  // namespace postern::archive
