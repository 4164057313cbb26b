// Charsets of one octet to a character, as iconv has them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/io/iconv/bad_octet.hpp"

namespace postern::io {

class SingleByteTable {
 public:
  /// Made when first asked for, then kept.
  /// \param name  As encode_name gives it; nullptr: none of these, or the system lacks it.
  static const SingleByteTable* find(std::string_view name);

  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes, OnBadOctet on_bad) const;

  explicit SingleByteTable(const char* iconv_name);

 private:
  std::array<std::uint32_t, 256> characters_{};
  bool is_there_ = false;
};

/// The one character that iconv reads in `bytes`; 0: there is none, or there are several.
class OneCharacter {
 public:
  explicit OneCharacter(const char* iconv_name);
  ~OneCharacter();
  OneCharacter(const OneCharacter&) = delete;
  OneCharacter& operator=(const OneCharacter&) = delete;

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::uint32_t read(std::string_view bytes);

 private:
  void* handle_;
};

}  // namespace postern::io
