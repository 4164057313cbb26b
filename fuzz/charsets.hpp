// Charsets for fuzz targets of what rules see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/text/perl_string.hpp"
#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::fuzz {

/// Octets count as Latin-1, whatever they are called.
class Latin1Charsets final : public antispam::StrictCharsets {
 public:
  [[nodiscard]] bool knows(std::string_view) const override { return true; }
  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes,
                                                  std::string_view) const override {
    return antispam::upgraded(bytes);
  }
  [[nodiscard]] std::optional<std::string> decode_lenient(std::string_view bytes,
                                                          std::string_view) const override {
    return antispam::upgraded(bytes);
  }
};

/// None is known.
class NoCharsets final : public antispam::StrictCharsets {
 public:
  [[nodiscard]] bool knows(std::string_view) const override { return false; }
  [[nodiscard]] std::optional<std::string> decode(std::string_view,
                                                  std::string_view) const override {
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> decode_lenient(std::string_view,
                                                          std::string_view) const override {
    return std::nullopt;
  }
};

}  // namespace postern::fuzz
