#include "lib/archive/gzip.hpp"

#include "lib/archive/octets.hpp"

namespace postern::archive {

std::optional<GzipHeader> read_gzip_header(std::string_view text) {
  constexpr std::string_view signature = "\x1f\x8b\x08";  // the last octet: deflate
  constexpr std::size_t fixed_size = 10;
  constexpr unsigned has_crc = 2;
  constexpr unsigned has_extra = 4;
  constexpr unsigned has_name = 8;
  constexpr unsigned has_comment = 16;
  if (text.size() < fixed_size || !text.starts_with(signature)) return std::nullopt;
  const auto flags = static_cast<unsigned char>(text[3]);
  GzipHeader header;
  std::size_t at = fixed_size;
  if ((flags & has_extra) != 0) at += 2 + u16(text, at);
  for (const unsigned flag : {has_name, has_comment}) {
    if ((flags & flag) == 0) continue;
    const std::size_t end = text.find('\0', at);
    if (end == text.npos) return std::nullopt;
    if (flag == has_name) header.name = text.substr(at, end - at);
    at = end + 1;
  }
  if ((flags & has_crc) != 0) at += 2;
  if (at > text.size()) return std::nullopt;
  header.size = at;
  return header;
}

}  // namespace postern::archive
