// Archives for tests, sound or with a flaw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::archive::test {

inline std::string number(std::uint64_t value, unsigned size) {
  std::string octets;
  for (unsigned i = 0; i < size; ++i) octets += static_cast<char>(value >> (8 * i) & 0xFFU);
  return octets;
}

/// Raw deflate data that holds up to 65,535 octets as they are (RFC 1951 §3.2.4).
inline std::string deflated(std::string_view data) {
  return "\x01" + number(data.size(), 2) + number(~data.size(), 2) + std::string(data);
}

struct ZipEntry {
  std::string name;
  std::string data;
  std::string local_name = {};  ///< Another name in the local header.
  bool is_encrypted = false;
  bool has_descriptor = false;
  bool is_deflated = false;
  std::string extra = {};
  bool is_listed = true;  ///< Whether the central directory names it.
};

inline std::string zip_head(const ZipEntry& entry, const std::string& packed, bool is_local) {
  const unsigned flags = (entry.is_encrypted ? 1U : 0U) | (entry.has_descriptor ? 8U : 0U);
  const bool hides_sizes = is_local && entry.has_descriptor;
  return number(20, 2) + number(flags, 2) + number(entry.is_deflated ? 8 : 0, 2) + number(0, 4) +
         number(0, 4) + number(hides_sizes ? 0 : packed.size(), 4) +
         number(hides_sizes ? 0 : entry.data.size(), 4);
}

inline std::string make_zip(const std::vector<ZipEntry>& entries, const std::string& prefix = "") {
  std::string text = prefix;
  std::string central;
  unsigned listed = 0;
  for (const ZipEntry& entry : entries) {
    const std::string packed = entry.is_deflated ? deflated(entry.data) : entry.data;
    const std::string& local = entry.local_name.empty() ? entry.name : entry.local_name;
    if (entry.is_listed) {
      ++listed;
      central += "PK\1\2" + number(20, 2) + zip_head(entry, packed, false) +
                 number(entry.name.size(), 2) + number(entry.extra.size(), 2) +
                 std::string(10, '\0') + number(text.size() - prefix.size(), 4) + entry.name +
                 entry.extra;
    }
    text += "PK\3\4" + zip_head(entry, packed, true) + number(local.size(), 2) + number(0, 2) +
            local + packed;
    if (entry.has_descriptor) {
      text += "PK\7\10" + number(0, 4) + number(packed.size(), 4) + number(entry.data.size(), 4);
    }
  }
  const std::size_t at = text.size() - prefix.size();
  return text + central + "PK\5\6" + number(0, 4) + number(listed, 2) + number(listed, 2) +
         number(central.size(), 4) + number(at, 4) + number(0, 2);
}

inline std::string tar_entry(const std::string& name, const std::string& data, char type = '0') {
  std::string block = name;
  block.resize(512);
  const auto octal = [](std::size_t value) {
    std::string digits(11, '0');
    for (std::size_t i = digits.size(); value > 0; value /= 8) {
      digits[--i] = static_cast<char>('0' + value % 8);
    }
    return digits;
  };
  block.replace(124, 11, octal(data.size()));
  block[156] = type;
  block.replace(257, 5, "ustar");
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, octal(sum).substr(4) + " ");
  std::string text = block + data;
  text.resize((text.size() + 511) / 512 * 512);
  return text;
}

inline std::string make_gzip(const std::string& data, const std::string& name = "") {
  std::string text{"\x1f\x8b\x08", 3};
  text += name.empty() ? '\0' : '\x08';
  text += number(0, 6);
  if (!name.empty()) text += name + std::string(1, '\0');
  return text + deflated(data) + number(0, 8);
}

}  // namespace postern::archive::test
