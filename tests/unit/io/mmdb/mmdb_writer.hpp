// Writes small files in the MaxMind DB format 2.0 for tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/ip_address.hpp"

namespace postern::io::mmdb {

inline std::string encode(std::string_view text) {
  return static_cast<char>((2U << 5) | text.size()) + std::string(text);  // below 29 octets
}
inline std::string encode(unsigned type, std::uint64_t number, unsigned octets) {
  // Types above 7 stand in an octet of their own.
  std::string out(1, static_cast<char>((type > 7 ? 0U : type << 5) | octets));
  if (type > 7) out += static_cast<char>(type - 7);
  for (unsigned i = octets; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
  return out;
}
/// Values are encoded already.
inline std::string encode_map(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out(1, static_cast<char>((7U << 5) | pairs.size()));
  for (const auto& [key, value] : pairs) out += encode(key) + value;
  return out;
}

/// An IPv6 tree, with IPv4 in ::/96 as everybody has it.
class Writer {
 public:
  Writer() { add_node(); }

  void add(std::string_view network, std::string_view data) {
    const IpNetwork parsed = parse_ip_network(network).value();
    const bool v4 = parsed.address.is_v4();
    const unsigned begin = v4 ? 96 : 0;
    const auto bit_at = [&](unsigned i) -> std::size_t {
      if (i < begin) return 0;
      return parsed.address.bytes()[(i - begin) / 8] >> (7 - (i - begin) % 8) & 1U;
    };
    std::size_t node = 0;
    for (unsigned i = 0; i + 1 < begin + parsed.prefix; ++i) {
      std::int64_t& next = nodes_[node][bit_at(i)];
      if (next <= 0) next = static_cast<std::int64_t>(nodes_.size());
      const auto down = static_cast<std::size_t>(next);
      if (down == nodes_.size()) add_node();
      node = down;
    }
    nodes_[node][bit_at(begin + parsed.prefix - 1)] = -1 - static_cast<std::int64_t>(data_.size());
    data_ += data;
  }

  [[nodiscard]] std::string file() const {
    const auto count = static_cast<std::int64_t>(nodes_.size());
    std::string out;
    for (const auto& node : nodes_) {
      for (const std::int64_t record : node) {
        std::int64_t value = record;
        if (record == 0) value = count;
        if (record < 0) value = count + 16 - 1 - record;
        for (const int shift : {16, 8, 0}) out += static_cast<char>(value >> shift & 0xff);
      }
    }
    out += std::string(16, '\0') + data_ + "\xab\xcd\xef" + "MaxMind.com";
    return out + encode_map({{"binary_format_major_version", encode(5, 2, 1)},
                             {"binary_format_minor_version", encode(5, 0, 0)},
                             {"build_epoch", encode(9, 1'700'000'000, 4)},
                             {"database_type", encode("Test-Country")},
                             {"description", encode_map({{"en", encode("test")}})},
                             {"ip_version", encode(5, 6, 1)},
                             {"languages", std::string("\x01\x04") + encode("en")},
                             {"node_count", encode(6, nodes_.size(), 4)},
                             {"record_size", encode(5, 24, 1)}});
  }

 private:
  void add_node() { nodes_.push_back({0, 0}); }

  std::vector<std::array<std::int64_t, 2>> nodes_;  // 0: nothing; below 0: -1 - place in data_
  std::string data_;
};

}  // namespace postern::io::mmdb
