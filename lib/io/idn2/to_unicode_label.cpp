#include "lib/io/idn2/to_unicode_label.hpp"

#include <idn2.h>

#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_label_size = 63;  // RFC 1035 §2.3.4

}  // namespace

std::optional<std::string> to_unicode_label(std::string_view label) {
  if (label.size() > max_label_size || label.find('\0') != label.npos) return std::nullopt;
  char* readable = nullptr;
  const int status = idn2_to_unicode_8z8z(std::string(label).c_str(), &readable, 0);
  const CHandle<char, idn2_free> owner(readable);
  if (status != IDN2_OK || readable == nullptr) return std::nullopt;
  return std::string(readable);
}

}  // namespace postern::io
