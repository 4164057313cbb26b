#include "lib/antispam/html/entities.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::uint32_t max_character = 0x10FFFF;
constexpr std::uint32_t replacement = 0xFFFD;
constexpr std::size_t replacement_size = 3;  // octets in UTF-8

struct Found {
  std::size_t size = 0;         // octets behind "&", without a semicolon
  std::uint32_t character = 0;  // 0: no entity
};

// "#65" or "#x41".
Found numeric(std::string_view text) {
  std::size_t at = 1;
  const bool is_hex = at < text.size() && (text[at] == 'x' || text[at] == 'X');
  if (is_hex) ++at;
  const std::size_t begin = at;
  std::uint32_t number = 0;
  for (; at < text.size(); ++at) {
    const int digit = ascii::hex_value(text[at]);
    if (digit < 0 || (!is_hex && digit > 9)) break;
    number = number * (is_hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    if (number > max_character) return {at, 0};
  }
  return {at, at == begin ? 0 : number};
}

Found named(std::string_view text, bool expands_prefix) {
  std::size_t size = 0;
  while (size < text.size() && is_word_octet(text[size])) ++size;
  const std::string_view name = text.substr(0, size);
  const bool has_semicolon = text.substr(size).starts_with(';');
  if (size <= max_entity_name_size) {
    if (const std::uint32_t c = entity_character(name, has_semicolon); c != 0) return {size, c};
  }
  if (!expands_prefix || size == 0) return {size, 0};
  for (std::size_t n = std::min(size - 1, max_entity_name_size); n > 0; --n) {
    if (const std::uint32_t c = entity_character(name.substr(0, n), false); c != 0) return {n, c};
  }
  return {size, 0};
}

bool is_noncharacter(std::uint32_t c) {
  return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

class EntityDecoder {
 public:
  EntityDecoder(std::string_view text, bool is_characters, bool expands_prefix)
      : text_(text), expands_prefix_(expands_prefix) {
    out_.is_characters = is_characters;
    out_.bytes.reserve(text.size());
  }

  PerlString run() {
    while (at_ < text_.size()) {
      const std::size_t mark = std::min(text_.find('&', at_), text_.size());
      add_text(text_.substr(at_, mark - at_));
      at_ = mark;
      if (at_ < text_.size()) read_entity();
    }
    return std::move(out_);
  }

 private:
  void add_text(std::string_view text) {
    out_.bytes += is_upgraded_ ? upgraded(text) : std::string(text);
  }

  void read_entity() {
    const std::string_view rest = text_.substr(at_ + 1);
    const bool is_number = rest.starts_with('#');
    const Found found = is_number ? numeric(rest) : named(rest, expands_prefix_);
    if (!is_number) high_surrogate_ = 0;
    const bool is_added = found.character != 0 && add(found.character, is_number);
    if (!is_added) {
      add_text(text_.substr(at_, found.size + 1));
      at_ += found.size + 1;
      return;
    }
    at_ += found.size + 1;
    if (at_ < text_.size() && text_[at_] == ';') ++at_;
    if (at_ >= text_.size() || text_[at_] != '&') high_surrogate_ = 0;
  }

  // False: left as it stands.
  bool add(std::uint32_t character, bool is_number) {
    if (!out_.is_characters && character <= 0xFF) {
      out_.bytes += static_cast<char>(character);
      return true;
    }
    if (is_number) {
      if (character == 0xFFFE || character == 0xFFFF) return false;
      character = resolve(character);
    }
    if (!out_.is_characters) {
      out_.bytes = upgraded(out_.bytes);
      out_.is_characters = true;
      is_upgraded_ = true;
    }
    append_utf8(out_.bytes, character);
    return true;
  }

  // Two halves of a character beyond U+FFFF make one.
  std::uint32_t resolve(std::uint32_t character) {
    if ((character & 0xFFFFFC00) == 0xDC00) {
      if (high_surrogate_ == 0) return replacement;
      out_.bytes.resize(out_.bytes.size() - replacement_size);
      const std::uint32_t whole =
          ((high_surrogate_ - 0xD800) << 10) + (character - 0xDC00) + 0x10000;
      high_surrogate_ = 0;
      return whole;
    }
    if ((character & 0xFFFFFC00) == 0xD800) {
      high_surrogate_ = character;
      return replacement;
    }
    high_surrogate_ = 0;
    return is_noncharacter(character) ? replacement : character;
  }

  std::string_view text_;
  bool expands_prefix_;
  bool is_upgraded_ = false;  // the text is octets, what comes out is characters
  std::size_t at_ = 0;
  std::uint32_t high_surrogate_ = 0;
  PerlString out_;
};

}  // namespace

PerlString decode_entities(std::string_view text, bool is_characters, bool expands_prefix) {
  if (text.find('&') == text.npos) return {std::string(text), is_characters};
  return EntityDecoder(text, is_characters, expands_prefix).run();
}

}  // namespace postern::antispam
