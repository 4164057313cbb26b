#include "lib/mail/imitation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/base/ascii.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

enum class Script { none, latin, greek, cyrillic, armenian };

Script script_of(char32_t c) {
  struct Block {
    char32_t first, last;
    Script script;
  };
  constexpr std::array<Block, 9> blocks = {{{0xC0, 0x24F, Script::latin},
                                            {0x370, 0x3FF, Script::greek},
                                            {0x400, 0x52F, Script::cyrillic},
                                            {0x530, 0x58F, Script::armenian},
                                            {0x1C80, 0x1C8F, Script::cyrillic},
                                            {0x1E00, 0x1EFF, Script::latin},
                                            {0x1F00, 0x1FFF, Script::greek},
                                            {0x2DE0, 0x2DFF, Script::cyrillic},
                                            {0xA640, 0xA69F, Script::cyrillic}}};
  if (c < 0x80) return ascii::is_alpha(static_cast<char>(c)) ? Script::latin : Script::none;
  for (const Block& block : blocks) {
    if (c >= block.first && c <= block.last) return block.script;
  }
  return Script::none;
}

bool turns_direction(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool turns_direction(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    if (turns_direction(c.code)) return true;
    text.remove_prefix(c.size);
  }
  return false;
}

bool has_mixed_label(std::string_view domain, ToUnicodeLabel to_unicode) {
  while (!domain.empty()) {
    const std::size_t dot = std::min(domain.find('.'), domain.size());
    const auto label = to_unicode(domain.substr(0, dot));
    if (label && has_mixed_scripts(*label)) return true;
    domain.remove_prefix(std::min(dot + 1, domain.size()));
  }
  return false;
}

}  // namespace

bool has_mixed_scripts(std::string_view label) {
  Script found = Script::none;
  while (!label.empty()) {
    const Utf8Char c = first_utf8_char(label);
    const Script script = script_of(c.code);
    if (script != Script::none && found != Script::none && script != found) return true;
    if (script != Script::none) found = script;
    label.remove_prefix(c.size);
  }
  return false;
}

std::vector<std::string> imitations(const HeaderSection& header,
                                    std::span<const std::string> author_domains,
                                    ToUnicodeLabel to_unicode) {
  std::vector<std::string> names;
  const auto is_mixed = [to_unicode](const std::string& domain) {
    return has_mixed_label(domain, to_unicode);
  };
  if (to_unicode != nullptr &&
      std::any_of(author_domains.begin(), author_domains.end(), is_mixed)) {
    names.emplace_back("author.mixed scripts");
  }
  const std::span<const std::uint32_t> from = header.named("From");
  const auto is_turned = [&header](std::uint32_t place) {
    const std::string_view body = header.fields()[place].body;
    return turns_direction(body) ||
           turns_direction(decode_encoded_words(body, native_charsets()).text);
  };
  if (std::any_of(from.begin(), from.end(), is_turned)) names.emplace_back("author.direction");
  return names;
}

}  // namespace postern::mail
