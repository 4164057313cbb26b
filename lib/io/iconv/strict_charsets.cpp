#include "lib/io/iconv/strict_charsets.hpp"

#include "lib/io/iconv/bad_octet.hpp"
#include "lib/io/iconv/double_byte.hpp"
#include "lib/io/iconv/encode_names.hpp"
#include "lib/io/iconv/escape_charsets.hpp"
#include "lib/io/iconv/single_byte.hpp"
#include "lib/io/iconv/unicode_forms.hpp"

namespace postern::io {
namespace {

std::optional<std::string> decode_named(std::string_view bytes, std::string_view name,
                                        OnBadOctet on_bad) {
  if (name == "utf-8-strict" || name == "utf8") return decode_utf8(bytes, on_bad);
  if (name == "utf-7") return decode_utf7(bytes);
  if (name.starts_with("utf-") || name.starts_with("ucs-")) {
    return decode_wide(bytes, name, on_bad);
  }
  if (name.starts_with("iso-2022-jp") || name == "7bit-jis") return decode_iso_2022_jp(bytes);
  if (name == "iso-2022-kr") return decode_iso_2022_kr(bytes);
  if (name == "hz") return decode_hz(bytes, on_bad);
  if (const auto* table = SingleByteTable::find(name)) return table->decode(bytes, on_bad);
  if (const auto* table = DoubleByteTable::find(name)) return table->decode(bytes, on_bad);
  return std::nullopt;
}

}  // namespace

bool EncodeCharsets::knows(std::string_view charset) const {
  return !encode_name(charset).empty();
}

std::optional<std::string> EncodeCharsets::decode(std::string_view bytes,
                                                  std::string_view charset) const {
  return decode_named(bytes, encode_name(charset), OnBadOctet::refuse);
}

std::optional<std::string> EncodeCharsets::decode_lenient(std::string_view bytes,
                                                          std::string_view charset) const {
  return decode_named(bytes, encode_name(charset), OnBadOctet::replace);
}

}  // namespace postern::io
