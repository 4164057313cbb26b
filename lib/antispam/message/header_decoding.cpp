#include "lib/antispam/message/header_decoding.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "lib/antispam/message/normalize_charset.hpp"
#include "lib/antispam/message/transfer_decoding.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// Fields that hold no encoded words, whatever it looks like.
bool is_never_encoded(std::string_view name) {
  if (ascii::starts_with_ignoring_case(name, "list-")) return true;
  if (ascii::starts_with_ignoring_case(name, "resent-")) {
    name.remove_prefix(7);
    return ascii::equals_ignoring_case(name, "message-id") ||
           ascii::equals_ignoring_case(name, "date");
  }
  constexpr std::string_view names[] = {"received",     "message-id", "date",
                                        "mime-version", "references", "in-reply-to"};
  return std::any_of(std::begin(names), std::end(names), [name](std::string_view each) {
    return ascii::equals_ignoring_case(name, each);
  });
}

struct EncodedWord {
  std::string_view charset;  // with its language
  char encoding = 'q';       // lower case
  std::string_view text;
  std::size_t size = 0;  // of all
};

bool is_charset_char(char c) {
  return ascii::is_alnum(c) || c == '*' || c == '_' || c == '-';
}

// "=?charset?Q?text?=" at the start.
std::optional<EncodedWord> leading_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  std::size_t at = 2;
  while (at < text.size() && is_charset_char(text[at])) ++at;
  if (at == 2 || text.size() - at < 3 || text[at] != '?' || text[at + 2] != '?') {
    return std::nullopt;
  }
  EncodedWord word;
  word.charset = text.substr(2, at - 2);
  word.encoding = ascii::to_lower(text[at + 1]);
  if (word.encoding != 'q' && word.encoding != 'b') return std::nullopt;
  const std::size_t begin = at + 3;
  const std::size_t end = text.find('?', begin);
  if (end == text.npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  word.text = text.substr(begin, end - begin);
  word.size = end + 2;
  return word;
}

// White space between two encoded words is not part of the text (RFC 2047 §6.2).
std::string without_space_between_words(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t next = std::min(text.find('=', at), text.size());
    out += text.substr(at, next - at);
    at = next;
    const auto word = leading_word(text.substr(at));
    if (!word) {
      out += text.substr(at, 1);
      ++at;
      continue;
    }
    std::size_t end = at + word->size;
    while (end < text.size() && is_space_octet(text[end])) ++end;
    const bool is_followed = end > at + word->size && leading_word(text.substr(end)).has_value();
    const std::size_t size = is_followed ? word->size : 1;
    out += text.substr(at, size);
    at = is_followed ? end : at + 1;
  }
  return out;
}

std::string decode_word_octets(const EncodedWord& word) {
  if (word.encoding == 'b') return decode_base64_text(word.text);
  std::string text;
  text.reserve(word.text.size());
  for (const char c : word.text) {
    if (c == '_') {
      text += "=20";
    } else {
      text += c;
    }
  }
  return decode_qp(text);
}

struct Section {
  std::string text;
  std::string charset;  // lower case, with its language; empty: plain text
};

void add_section(std::vector<Section>& sections, std::string_view text, std::string charset) {
  if (!sections.empty() && sections.back().charset == charset) {
    sections.back().text += text;
  } else {
    sections.push_back({std::string(text), std::move(charset)});
  }
}

// Neighbours in one charset are joined before it is decoded: senders cut characters in two.
std::vector<Section> split_sections(std::string_view text) {
  std::vector<Section> sections;
  while (!text.empty()) {
    if (const auto word = leading_word(text)) {
      add_section(sections, decode_word_octets(*word), ascii::to_lower(word->charset));
      text.remove_prefix(word->size);
      continue;
    }
    const std::size_t size = text[0] == '=' ? 1 : std::min(text.find('='), text.size());
    add_section(sections, text.substr(0, size), {});
    text.remove_prefix(size);
  }
  return sections;
}

std::string decode_words(std::string_view value, const StrictCharsets& charsets) {
  std::string out;
  for (const Section& section : split_sections(without_space_between_words(value))) {
    const std::string_view charset =
        std::string_view(section.charset).substr(0, section.charset.find('*'));
    out += charset.empty() ? section.text
                           : normalize_charset(section.text, charset, true, charsets).bytes;
  }
  return out;
}

// "\n" and the blanks behind it become one blank.
std::string unfolded(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t newline = std::min(raw.find('\n', at), raw.size());
    out += raw.substr(at, newline - at);
    at = newline;
    if (at == raw.size()) break;
    ++at;
    const std::size_t begin = at;
    while (at < raw.size() && ascii::is_blank(raw[at])) ++at;
    out += at > begin ? ' ' : '\n';
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space_octet(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  return text;
}

// Line feeds go, each with one carriage return before it; a blank behind stays a space.
std::string without_line_ends(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
    if (c != '\n') {
      out += c;
      continue;
    }
    if (i + 1 < value.size() && ascii::is_blank(value[i + 1])) {
      out += ' ';
      ++i;
    }
  }
  return out;
}

}  // namespace

std::string decode_field_value(std::string_view name, std::string_view value,
                               const StrictCharsets& charsets) {
  std::string text = without_line_ends(value);
  if (!is_all_ascii(text)) text = normalize_charset(text, "UTF-8", false, charsets).bytes;
  if (text.find("=?") == text.npos || is_never_encoded(name)) return text;
  return decode_words(text, charsets);
}

std::string read_field_value(std::string_view name, std::string_view raw,
                             const StrictCharsets& charsets) {
  const std::string value = unfolded(raw);
  return decode_field_value(name, trimmed(value), charsets);
}

std::string unfolded_with_all_space(std::string_view raw) {
  std::string text;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t newline = raw.find('\n', at);
    if (newline == raw.npos || newline + 1 == raw.size() || !is_space_octet(raw[newline + 1])) {
      const std::size_t end = newline == raw.npos ? raw.size() : newline + 1;
      text += raw.substr(at, end - at);
      at = end;
      continue;
    }
    const bool has_cr = newline > at && raw[newline - 1] == '\r';
    text += raw.substr(at, newline - at - (has_cr ? 1 : 0));
    text += ' ';
    at = newline;
    while (at < raw.size() && is_space_octet(raw[at])) ++at;
  }
  return text;
}

}  // namespace postern::antispam
