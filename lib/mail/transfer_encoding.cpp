#include "lib/mail/transfer_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

constexpr std::int8_t not_in_alphabet = -1;

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(not_in_alphabet);
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> values = make_values();

// Appends one line without its line end. Returns whether a soft line break ended it.
bool append_decoded_line(std::string& decoded, std::string_view line) {
  while (!line.empty() && ascii::is_blank(line.back())) line.remove_suffix(1);
  const bool is_soft = line.ends_with('=');
  if (is_soft) line.remove_suffix(1);
  for (std::size_t at = 0; at < line.size(); ++at) {
    const int octet = line[at] == '=' ? hex_octet(line.substr(at + 1)) : -1;
    if (octet >= 0) {
      decoded += static_cast<char>(octet);
      at += 2;
    } else {
      decoded += line[at];
    }
  }
  return is_soft;
}

}  // namespace

TransferEncoding parse_transfer_encoding(std::string_view field_body) {
  const std::size_t start = skip_cfws(field_body, 0).end;
  std::size_t end = start;
  while (end < field_body.size() && ascii::is_token_char(field_body[end])) ++end;
  const std::string name = ascii::to_lower(field_body.substr(start, end - start));
  if (name.empty() || name == "7bit" || name == "8bit" || name == "binary") {
    return TransferEncoding::identity;
  }
  if (name == "quoted-printable") return TransferEncoding::quoted_printable;
  if (name == "base64") return TransferEncoding::base64;
  return TransferEncoding::unknown;
}

std::string decode_quoted_printable(std::string_view body) {
  std::string decoded;
  decoded.reserve(body.size());
  for (std::size_t at = 0; at < body.size();) {
    const Line line = line_at(body, at);
    const bool is_soft = append_decoded_line(decoded, line.content);
    const std::size_t content_end = at + line.content.size();
    if (!is_soft) decoded += body.substr(content_end, line.next - content_end);
    at = line.next;
  }
  return decoded;
}

std::string decode_base64_body(std::string_view body) {
  // Written in place: attachments are most of what mail consists of.
  std::string decoded(body.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of sextets in `bits`
  const auto flush = [&] {
    if (count == 2) bits <<= 12;
    if (count == 3) bits <<= 6;
    if (count >= 2) decoded[size++] = static_cast<char>(bits >> 16 & 0xFF);
    if (count >= 3) decoded[size++] = static_cast<char>(bits >> 8 & 0xFF);
    if (count == 4) decoded[size++] = static_cast<char>(bits & 0xFF);
    bits = 0;
    count = 0;
  };
  const auto value_at = [&](std::size_t i) { return values[static_cast<unsigned char>(body[i])]; };
  for (std::size_t i = 0; i < body.size();) {
    if (count == 0 && body.size() - i >= 4) {  // nearly always a whole group
      const int first = value_at(i);
      const int second = value_at(i + 1);
      const int third = value_at(i + 2);
      const int fourth = value_at(i + 3);
      if (std::min({first, second, third, fourth}) >= 0) {
        bits = static_cast<std::uint32_t>(first << 18 | second << 12 | third << 6 | fourth);
        count = 4;
        flush();
        i += 4;
        continue;
      }
    }
    const std::int8_t value = value_at(i);
    if (body[i++] == '=') {
      flush();
    } else if (value != not_in_alphabet) {
      bits = bits << 6 | static_cast<std::uint32_t>(value);
      if (++count == 4) flush();
    }
  }
  flush();
  decoded.resize(size);
  return decoded;
}

std::string decode_body(std::string_view body, TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::quoted_printable: return decode_quoted_printable(body);
    case TransferEncoding::base64: return decode_base64_body(body);
    case TransferEncoding::identity:
    case TransferEncoding::unknown: break;
  }
  return std::string(body);
}

}  // namespace postern::mail
