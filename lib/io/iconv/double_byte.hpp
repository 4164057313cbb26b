// Charsets of East Asia: one or two octets to a character, in one case three, as Perl's Encode
// reads them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/iconv/bad_octet.hpp"

namespace postern::io {

/// Tables made from iconv's when a charset is first asked for, then kept: 130 kB for each.
class DoubleByteTable {
 public:
  /// \param name  As encode_name gives it; nullptr: none of these, or the system lacks it.
  static const DoubleByteTable* find(std::string_view name);

  /// Half a character at the end is dropped.
  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes, OnBadOctet on_bad) const;

  struct Row;
  explicit DoubleByteTable(const Row& row);

 private:
  // Octets of the character at the start, and the character; 0 octets: none; `cut`: half of one.
  struct Found {
    std::size_t size = 0;
    std::uint32_t character = 0;
    bool is_cut = false;
  };
  [[nodiscard]] Found leading(std::string_view bytes) const;
  [[nodiscard]] std::uint32_t pair(unsigned char first, unsigned char second) const;
  void fill_pairs(const Row& row);
  void fill_triples();

  std::array<std::uint32_t, 256> single_{};
  std::array<bool, 256> is_lead_{};
  std::vector<std::uint32_t> pairs_;    // by the first octet from 0x80 on, then the second
  std::vector<std::uint32_t> triples_;  // behind 0x8F, both from 0xA1 on
};

}  // namespace postern::io
