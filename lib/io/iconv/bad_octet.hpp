// What becomes of octets that are no text in a charset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::io {

enum class OnBadOctet {
  refuse,   ///< All that is decoded is lost.
  replace,  ///< U+FFFD.
  quote,    ///< "\xA4", as Perl writes it.
};

/// False: refused.
inline bool append_bad(std::string& text, char octet, OnBadOctet on_bad) {
  switch (on_bad) {
    case OnBadOctet::refuse: return false;
    case OnBadOctet::replace: text += "\xEF\xBF\xBD"; return true;
    case OnBadOctet::quote: break;
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(octet);
  text += "\\x";
  text += digits[value >> 4U];
  text += digits[value & 15U];
  return true;
}

}  // namespace postern::io
