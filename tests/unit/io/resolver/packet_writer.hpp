// Builds DNS messages for tests, well-formed or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::io {

class PacketWriter {
 public:
  using Octets = std::vector<std::uint8_t>;

  PacketWriter& number(std::uint32_t value, int octets) {
    while (octets-- > 0) octets_.push_back(static_cast<std::uint8_t>(value >> (8 * octets)));
    return *this;
  }
  PacketWriter& bytes(std::string_view text) {
    octets_.insert(octets_.end(), text.begin(), text.end());
    return *this;
  }
  /// Labels as they stand between dots, uncompressed.
  PacketWriter& name(std::string_view text) {
    octets_.reserve(octets_.size() + text.size() + 2);
    while (!text.empty()) {
      const std::string_view label = text.substr(0, text.find('.'));
      number(static_cast<std::uint32_t>(label.size()), 1).bytes(label);
      text.remove_prefix(label.size() < text.size() ? label.size() + 1 : label.size());
    }
    return number(0, 1);
  }
  PacketWriter& header(std::uint32_t flags, std::uint32_t answers, std::uint32_t authorities) {
    return number(0, 2)
        .number(flags, 2)
        .number(1, 2)
        .number(answers, 2)
        .number(authorities, 2)
        .number(0, 2);
  }
  PacketWriter& question(std::string_view owner, std::uint32_t type) {
    return name(owner).number(type, 2).number(1, 2);
  }
  PacketWriter& record(std::string_view owner, std::uint32_t type, std::uint32_t ttl,
                       const Octets& data) {
    name(owner).number(type, 2).number(1, 2).number(ttl, 4);
    number(static_cast<std::uint32_t>(data.size()), 2);
    octets_.insert(octets_.end(), data.begin(), data.end());
    return *this;
  }

  [[nodiscard]] const Octets& octets() const { return octets_; }

 private:
  Octets octets_;
};

inline PacketWriter::Octets name_data(std::string_view name) {
  return PacketWriter{}.name(name).octets();
}
inline PacketWriter::Octets text_data(std::string_view text) {
  return PacketWriter{}.number(static_cast<std::uint32_t>(text.size()), 1).bytes(text).octets();
}

}  // namespace postern::io
