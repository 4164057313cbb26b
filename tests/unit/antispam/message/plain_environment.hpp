// What rendering needs, with UTF-8 as the only charset.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

class Utf8Only final : public StrictCharsets {
 public:
  [[nodiscard]] bool knows(std::string_view) const override { return false; }
  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes,
                                                  std::string_view charset) const override {
    if (charset == "UTF-8" && bytes.find('\xFF') == bytes.npos) return std::string(bytes);
    return charset == "cp1252" ? std::optional(upgraded(bytes)) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> decode_lenient(std::string_view bytes,
                                                          std::string_view charset) const override {
    return decode(bytes, charset);
  }
};

struct PlainEnvironment {
  Options options = [] {
    Options made;
    made.tlds = {"org", "com"};
    return made;
  }();
  RegistryBoundaries boundaries{options};
  std::vector<const Regex*> redirectors;
  Utf8Only charsets;
  RenderEnvironment render{options, boundaries, redirectors, charsets};
};

}  // namespace postern::antispam
