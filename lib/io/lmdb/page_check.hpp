// Whether the pages of an LMDB file hang together, found out without trusting any of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::io::lmdb {

/// The databases in a file of ours.
inline constexpr std::array<std::string_view, 3> database_names = {"about", "expiry", "items"};

/// Octets at an offset; a file, or a buffer in tests.
class PageSource {
 public:
  PageSource() = default;
  PageSource(const PageSource&) = delete;
  PageSource& operator=(const PageSource&) = delete;
  virtual ~PageSource() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Whether all `size` octets could be read.
  [[nodiscard]] virtual bool read(std::uint64_t offset, char* into, std::size_t size) const = 0;
};

struct PageVerdict {
  enum class Kind {
    sound,
    damaged,
    newer,   ///< Of a later version of LMDB.
    foreign  ///< Sound, and of another program.
  };
  Kind kind = Kind::sound;
  std::string problem;  ///< What was found first, unless sound.
};

/// Reads each page that the newest meta page leads to, and checks all that LMDB relies on without
/// looking: headers, nodes, order of keys, depth, counts, that no page has two uses, and the list
/// of free pages. LMDB may end the process when it meets damage; after this it does not. What
/// values contain is not looked at: they have checksums of their own.
///
/// The layout is that of LMDB 0.9 (data version 1) on hosts with 64 bits, in their byte order.
[[nodiscard]] PageVerdict check_pages(const PageSource& source);

/// What check_pages() and checkpoints need of the meta pages.
inline constexpr std::size_t meta_size = 512;  ///< Octets at the start of a page; LMDB uses 152.

/// The page size that the first meta page names; 0 when it is no LMDB file.
[[nodiscard]] std::uint32_t page_size_of(const PageSource& source);

}  // namespace postern::io::lmdb
