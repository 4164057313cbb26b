#include "lib/antispam/html/rendered_runs.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/antispam/text/characters.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_backhair = 7;

// The octets C2 A0, or the two characters with these numbers: SpamAssassin means a no-break space.
std::string_view no_break_space(bool is_characters) {
  return is_characters ? "\xC3\x82\xC2\xA0" : "\xC2\xA0";
}

std::string with_even_space(const PerlString& text) {
  const std::string_view mark = no_break_space(text.is_characters);
  const std::string_view bytes = text.bytes;
  std::string out;
  out.reserve(bytes.size());
  bool is_in_space = false;
  for (std::size_t at = 0; at < bytes.size();) {
    if (is_space_octet(bytes[at])) {
      if (!is_in_space) out += ' ';
      is_in_space = true;
      ++at;
      continue;
    }
    is_in_space = false;
    if (bytes[at] == mark[0] && bytes.substr(at).starts_with(mark)) {
      out += ' ';
      at += mark.size();
    } else {
      out += bytes[at++];
    }
  }
  return out;
}

// Octets of the character at `at`.
std::size_t character_size(const PerlString& text, std::size_t at) {
  std::size_t end = at + 1;
  while (text.is_characters && end < text.bytes.size() && is_continuation_octet(text.bytes[end])) {
    ++end;
  }
  return end - at;
}

std::size_t last_character(const PerlString& text, std::size_t end) {
  std::size_t at = end - 1;
  while (text.is_characters && at > 0 && is_continuation_octet(text.bytes[at])) --at;
  return at;
}

bool is_punctuation(char c) {
  return c > ' ' && c < '\x7F' && (!is_word_octet(c) || c == '_');
}

// Neither white space nor punctuation of ASCII.
bool is_word_part(const PerlString& text, std::size_t at) {
  const char c = text.bytes[at];
  if (is_ascii_octet(c)) return !is_space_octet(c) && !is_punctuation(c);
  return !text.is_characters || leading_space(std::string_view(text.bytes).substr(at)) == 0;
}

std::uint32_t code_point(std::string_view text) {
  std::uint32_t value = static_cast<unsigned char>(text[0]);
  value &= text.size() == 2 ? 0x1FU : (text.size() == 3 ? 0x0FU : 0x07U);
  for (const char c : text.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

// Beyond ASCII: letters and digits, by the blocks of Unicode that hold few or none of them.
bool is_letter_beyond_ascii(std::uint32_t c) {
  struct Block {
    std::uint32_t first, last;
  };
  constexpr Block others[] = {
      {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},      {0xD7, 0xD7},
      {0xF7, 0xF7},     {0x2000, 0x203E}, {0x2041, 0x2053}, {0x2055, 0x2070},  {0x20A0, 0x20CF},
      {0x2100, 0x2101}, {0x2103, 0x2106}, {0x2108, 0x2109}, {0x2114, 0x2114},  {0x2116, 0x2118},
      {0x211E, 0x2123}, {0x213A, 0x213B}, {0x2140, 0x2144}, {0x214A, 0x214D},  {0x2190, 0x2BFF},
      {0x3000, 0x3004}, {0x3008, 0x3020}, {0xD800, 0xF8FF}, {0xFE10, 0xFE1F},  {0xFE30, 0xFE32},
      {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF}};
  return std::none_of(std::begin(others), std::end(others),
                      [c](const Block& each) { return c >= each.first && c <= each.last; });
}

// \w of Perl.
bool is_word_character(const PerlString& text, std::size_t at) {
  if (is_ascii_octet(text.bytes[at])) return is_word_octet(text.bytes[at]);
  if (!text.is_characters) return false;
  const std::size_t size = character_size(text, at);
  return size > 1 &&
         is_letter_beyond_ascii(code_point(std::string_view(text.bytes).substr(at, size)));
}

bool is_boundary(const PerlString& text, std::size_t at) {
  const bool before = at > 0 && is_word_character(text, last_character(text, at));
  const bool behind = at < text.bytes.size() && is_word_character(text, at);
  return before != behind;
}

// Characters of the short word at the end, or 0.
std::size_t short_word_at_end(const PerlString& text) {
  std::size_t found = 0;
  std::size_t at = text.bytes.size();
  for (std::size_t size = 1; size <= max_backhair && at > 0; ++size) {
    at = last_character(text, at);
    if (!is_word_part(text, at)) break;
    if (is_boundary(text, at)) found = size;
  }
  return found;
}

std::size_t short_word_at_start(const PerlString& text) {
  std::size_t found = 0;
  std::size_t at = 0;
  for (std::size_t size = 1; size <= max_backhair && at < text.bytes.size(); ++size) {
    if (!is_word_part(text, at)) break;
    at += character_size(text, at);
    if (is_boundary(text, at)) found = size;
  }
  return found;
}

}  // namespace

bool RenderedRuns::is_blank(const PerlString& text) {
  const std::string_view mark = no_break_space(text.is_characters);
  const std::string_view bytes = text.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    if (is_space_octet(bytes[at])) {
      ++at;
    } else if (bytes.substr(at).starts_with(mark)) {
      at += mark.size();
    } else {
      return false;
    }
  }
  return true;
}

void RenderedRuns::end_last() {
  if (!last_) return;
  append(html_.text, last_->text);
  if (last_->is_invisible && !has_invisible_) {
    has_invisible_ = true;
    html_.visible_text = html_.text;
    html_.visible_text.bytes.resize(html_.text.bytes.size() - last_->text.bytes.size());
  }
  if (has_invisible_) {
    append(last_->is_invisible ? html_.invisible_text : html_.visible_text, last_->text);
  }
  last_.reset();
}

void RenderedRuns::push(Run run) {
  end_last();
  last_ = std::move(run);
}

void RenderedRuns::add_space(std::string_view space) {
  if (space.empty()) return;
  if (last_ && !last_->is_space && !last_->is_invisible && last_->text.bytes.ends_with(' ')) {
    last_->text.bytes.pop_back();
  }
  push({{std::string(space), false}, true, false});
}

void RenderedRuns::look_for_cut_words(const PerlString& text) {
  if (!last_ || last_->text.bytes.empty() || text.bytes.empty()) return;
  const PerlString& before_tag = last_->text;
  const std::size_t end = before_tag.bytes.size();
  if (!is_word_part(text, 0) || !is_word_part(before_tag, last_character(before_tag, end))) return;
  ++obfuscations_;
  const std::size_t before = short_word_at_end(before_tag);
  const std::size_t behind = before == 0 ? 0 : short_word_at_start(text);
  if (behind > 0) backhairs_.emplace(before, behind);
}

void RenderedRuns::add_text(PerlString text, bool is_invisible) {
  look_for_cut_words(text);
  text.bytes = with_even_space(text);
  const bool is_behind_space = last_ && last_->is_space;
  if (is_behind_space && !is_invisible && text.bytes.starts_with(' ')) text.bytes.erase(0, 1);
  push({std::move(text), false, is_invisible});
}

RenderedHtml RenderedRuns::take() {
  end_last();
  if (!has_invisible_) html_.visible_text = html_.text;
  return std::move(html_);
}

}  // namespace postern::antispam
