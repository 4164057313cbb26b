// Whole numbers in as few octets as they need: seven bits in each, the lowest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::antispam {

inline void append_unsigned(std::string& octets, std::uint32_t number) {
  for (; number >= 0x80; number >>= 7U) octets += static_cast<char>(number | 0x80U);
  octets += static_cast<char>(number);
}

/// 0, -1, 1, -2 … become 0, 1, 2, 3 …
inline void append_signed(std::string& octets, std::int32_t number) {
  const auto bits = static_cast<std::uint32_t>(number);
  append_unsigned(octets, bits << 1U ^ (number < 0 ? ~0U : 0U));
}

class VarintReader {
 public:
  explicit VarintReader(std::string_view octets) : octets_(octets) {}

  /// False: cut short, or no number of 32 bits in its shortest form.
  [[nodiscard]] bool read_unsigned(std::uint32_t& number) {
    std::uint64_t read = 0;
    for (unsigned shift = 0; shift < 35 && offset_ < octets_.size(); shift += 7) {
      const auto octet = static_cast<unsigned char>(octets_[offset_++]);
      read |= static_cast<std::uint64_t>(octet & 0x7FU) << shift;
      if (octet >= 0x80) continue;
      number = static_cast<std::uint32_t>(read);
      return read <= UINT32_MAX && (octet != 0 || shift == 0);
    }
    return false;
  }
  [[nodiscard]] bool read_signed(std::int32_t& number) {
    std::uint32_t bits = 0;
    if (!read_unsigned(bits)) return false;
    number = static_cast<std::int32_t>(bits >> 1U ^ (0U - (bits & 1U)));
    return true;
  }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] bool is_at_end() const { return offset_ == octets_.size(); }

 private:
  std::string_view octets_;
  std::size_t offset_ = 0;
};

}  // namespace postern::antispam
