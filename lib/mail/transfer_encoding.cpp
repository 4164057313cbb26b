#include "lib/mail/transfer_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

constexpr std::uint32_t not_in_alphabet = 0xFF000000;  // no sextet at any place has these bits
constexpr unsigned bits_of_sextet = 6;

// What each octet stands for, where the last of the four that make three octets stands.
constexpr std::array<std::uint32_t, 256> make_values(unsigned shift) {
  std::array<std::uint32_t, 256> values{};
  values.fill(not_in_alphabet);
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i) << shift;
  }
  return values;
}
// And where the others stand: attachments are most of what mail consists of.
constexpr std::array values = {make_values(3 * bits_of_sextet), make_values(2 * bits_of_sextet),
                               make_values(bits_of_sextet), make_values(0)};

std::uint32_t value_of(unsigned place, char c) {
  return values[place][static_cast<unsigned char>(c)];
}

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
  std::string decoded(body.size() / 4 * 3 + 3, '\0');  // written in place
  char* out = decoded.data();
  std::uint32_t bits = 0;
  unsigned count = 0;  // of sextets in `bits`
  const auto flush = [&] {
    if (count >= 2) *out++ = static_cast<char>(bits >> 16);
    if (count >= 3) *out++ = static_cast<char>(bits >> 8);
    if (count == 4) *out++ = static_cast<char>(bits);
    bits = 0;
    count = 0;
  };
  const char* at = body.data();
  const char* const end = at + body.size();
  while (at < end) {
    while (count == 0 && end - at >= 4) {  // nearly always whole groups
      const std::uint32_t group =
          value_of(0, at[0]) | value_of(1, at[1]) | value_of(2, at[2]) | value_of(3, at[3]);
      if ((group & not_in_alphabet) != 0) break;
      out[0] = static_cast<char>(group >> 16);
      out[1] = static_cast<char>(group >> 8);
      out[2] = static_cast<char>(group);
      out += 3;
      at += 4;
    }
    if (at == end) break;
    const char next = *at++;
    if (next == '=') {
      flush();
    } else if (const std::uint32_t value = value_of(count, next); value != not_in_alphabet) {
      bits |= value;
      if (++count == 4) flush();
    }
  }
  flush();
  decoded.resize(static_cast<std::size_t>(out - decoded.data()));
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
