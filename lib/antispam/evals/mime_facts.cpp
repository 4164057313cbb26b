#include "lib/antispam/evals/mime_facts.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/antispam/evals/locales.hpp"
#include "lib/antispam/message/content_type.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

/// A part as its own header fields declare it; the tree may know better.
struct Declared {
  std::string type;
  std::optional<std::string> charset;
  std::string encoding, disposition;

  [[nodiscard]] bool is_attachment() const {
    return disposition.find("attachment") != disposition.npos;
  }
  [[nodiscard]] bool is_plain() const { return type == "text/plain"; }
};

ContentTypeValue content_type(const MimeNode& node) {
  const NodeField* field = node.field("Content-Type");
  if (field == nullptr) return read_content_type({});
  // An empty field is no missing one: it declares no charset.
  if (!field->value.bytes.empty()) return read_content_type(field->value.bytes);
  ContentTypeValue value;
  value.type = "text/plain";
  return value;
}

Declared declared(const MimeNode& node) {
  ContentTypeValue value = content_type(node);
  if (value.charset) value.charset = ascii::to_lower(*value.charset);
  return {std::move(value.type), std::move(value.charset),
          ascii::to_lower(node.value("Content-Transfer-Encoding")),
          ascii::to_lower(node.value("Content-Disposition"))};
}

bool is_ascii_charset(std::string_view charset) {
  constexpr std::array<std::string_view, 8> parts = {
      "us",     "ascii", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso-ir-6", "iso_646.irv:1991",
      "ibm367", "cp367"};
  return charset.empty() || std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
           return charset.find(part) != charset.npos;
         });
}

constexpr bool is_upper_hex(char c) {
  return ascii::is_digit(c) || (c >= 'A' && c <= 'F');
}

/// "=HH" of a blank, tab, or printable character but "=".
bool is_needless_quote(std::string_view rest) {
  if (rest.size() < 3 || !is_upper_hex(rest[1]) || !is_upper_hex(rest[2])) return false;
  const int code = ascii::hex_value(rest[1]) * 16 + ascii::hex_value(rest[2]);
  return code == '\t' || (code >= ' ' && code <= '~' && code != '=');
}

std::size_t count_needless_quotes(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t at = line.find('='); at != line.npos; at = line.find('=', at + 1)) {
    if (is_needless_quote(line.substr(at))) ++count;
  }
  return count;
}

/// Blanks and tabs at the end of a line have to be quoted.
std::size_t count_quotes_at_end(std::string_view line) {
  while (!line.empty() && is_space_octet(line.back())) line.remove_suffix(1);
  std::size_t count = 0;
  while (line.ends_with("=09") || line.ends_with("=20")) {
    line.remove_suffix(3);
    ++count;
  }
  return count;
}

/// "&#x20AC;"
bool is_character_reference(std::string_view rest) {
  constexpr std::size_t size = 8;
  return rest.size() >= size && rest.starts_with("&#x") && rest[size - 1] == ';' &&
         std::all_of(rest.begin() + 3, rest.begin() + 7, is_upper_hex);
}

std::size_t count_character_references(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t at = line.find("&#x"); at != line.npos; at = line.find("&#x", at + 1)) {
    if (is_character_reference(line.substr(at))) ++count;
  }
  return count;
}

bool is_illegal_ascii(char c) {
  return c == '\0' || c == '\r' || (c & 0x80) != 0;
}

class FactFinder {
 public:
  FactFinder(RenderedMessage& message, const CharsetPatterns& patterns)
      : ok_locales_(message.options().ok_locales),
        are_all_ok_(are_all_locales_ok(ok_locales_)),
        patterns_(patterns) {}

  void add(const MimeNode& node) {
    if (node.type.empty()) return;
    const Declared part = declared(node);
    if (part.type == "multipart/alternative") facts_.has_alternatives = true;
    count(part);
    if (part.charset) add_charset(*part.charset);
    if (node.is_leaf()) read_leaf(node, part);
  }

  MimeFacts take() {
    const auto ratio = [](std::size_t a, std::size_t b) {
      return static_cast<double>(a) / static_cast<double>(b);
    };
    if (plain_size_ > 0) facts_.unicode_ratio = ratio(references_, plain_size_);
    if (facts_.has_alternatives && text_size_ && html_size_.value_or(0) > 0) {
      facts_.alternatives_ratio = ratio(*text_size_, *html_size_);
    }
    return std::move(facts_);
  }

 private:
  void count(const Declared& part) {
    const bool is_text = part.type.starts_with("text");
    const bool is_base64 = part.encoding.find("base64") != part.encoding.npos;
    if (part.type == "text/html") {
      ++facts_.html_parts;
    } else if (is_text) {
      ++facts_.text_parts;
    }
    if (is_base64) {
      ++facts_.base64_parts;
    } else if (part.encoding.find("quoted-printable") != part.encoding.npos) {
      ++facts_.quoted_parts;
    }
    if (part.is_attachment()) ++facts_.attachments;
    if (is_text && is_base64 && is_ascii_charset(part.charset.value_or("")) &&
        !part.disposition.starts_with("attachment") && !part.disposition.starts_with("inline")) {
      facts_.has_ascii_in_base64 = true;
    }
  }

  void add_charset(const std::string& charset) {
    if (charset.find("iso-") != charset.npos && patterns_.iso_charset != nullptr &&
        patterns_.known_iso != nullptr && patterns_.iso_charset->find(charset) &&
        !patterns_.known_iso->find(charset)) {
      facts_.has_bad_iso_charset = true;
    }
    if (std::none_of(charset.begin(), charset.end(), ascii::is_alpha)) return;
    if (!facts_.charsets.empty()) facts_.charsets += ' ';
    facts_.charsets += charset;
    if (!are_all_ok_ && !is_charset_ok(charset, ok_locales_)) facts_.has_faraway_charset = true;
  }

  void read_leaf(const MimeNode& node, const Declared& part) {
    const bool is_shown = !part.is_attachment();
    const bool is_html = part.type == "text/html";
    const bool counts = facts_.has_alternatives && is_shown && (is_html || part.is_plain());
    std::size_t size = 0;
    for (const std::string_view line : node.body) {
      if (counts) size += line.size();
      if (part.encoding == "quoted-printable") read_quoted(line);
      if (part.is_plain()) read_plain(line, part);
    }
    // The last of each kind counts.
    if (is_shown && is_html) html_size_ = size;
    if (is_shown && part.is_plain()) text_size_ = size;
  }

  void read_quoted(std::string_view line) {
    constexpr std::size_t max_line = 79;     // with its newline
    if (line.starts_with("SPAM: ")) return;  // of SpamAssassin's own reports
    if (line.size() > max_line) facts_.has_long_quoted_line = true;
    facts_.quoted_size += line.size();
    const std::size_t needless = count_needless_quotes(line);
    if (needless > 0) facts_.needless_quotes += needless - count_quotes_at_end(line);
  }

  void read_plain(std::string_view line, const Declared& part) {
    constexpr std::size_t reference_size = 8;
    if ((!part.charset || *part.charset == "us-ascii") &&
        std::any_of(line.begin(), line.end(), is_illegal_ascii)) {
      ++facts_.illegal_ascii_lines;
    }
    if (part.encoding.empty() || part.encoding == "7bit" || part.encoding == "8bit") {
      const std::size_t references = count_character_references(line);
      references_ += references;
      plain_size_ += line.size() - references * reference_size;
    }
  }

  const std::string& ok_locales_;
  bool are_all_ok_;
  CharsetPatterns patterns_;
  MimeFacts facts_;
  std::size_t references_ = 0, plain_size_ = 0;
  std::optional<std::size_t> text_size_, html_size_;
};

}  // namespace

std::optional<double> MimeFacts::figure(std::string_view name) const {
  struct Figure {
    std::string_view name;
    double value;
  };
  const auto number = [](std::size_t count) { return static_cast<double>(count); };
  // Quotes once some text is quoted-printable, else parts that say they are.
  const std::size_t quotes = quoted_size > 0 ? needless_quotes : quoted_parts;
  const auto figures = std::to_array<Figure>({
      {"mime_ascii_text_illegal", number(illegal_ascii_lines)},
      {"mime_attachment", number(attachments)},
      {"mime_bad_iso_charset", number(has_bad_iso_charset ? 1 : 0)},
      {"mime_base64_count", number(base64_parts)},
      {"mime_base64_encoded_text", number(has_ascii_in_base64 ? 1 : 0)},
      {"mime_body_html_count", number(html_parts)},
      {"mime_body_text_count", number(text_parts)},
      {"mime_faraway_charset", number(has_faraway_charset ? 1 : 0)},
      {"mime_multipart_alternative", number(has_alternatives ? 1 : 0)},
      {"mime_multipart_ratio", alternatives_ratio},
      {"mime_qp_bytes", number(quoted_size)},
      {"mime_qp_count", number(quotes)},
      {"mime_qp_long_line", number(has_long_quoted_line ? 1 : 0)},
      {"mime_qp_ratio", quoted_size > 0 ? number(needless_quotes) / number(quoted_size) : 0},
      {"mime_text_unicode_ratio", unicode_ratio},
  });
  const auto* found =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& f) { return f.name == name; });
  return found == figures.end() ? std::nullopt : std::optional(found->value);
}

MimeFacts find_mime_facts(RenderedMessage& message, const CharsetPatterns& patterns) {
  FactFinder finder(message, patterns);
  for (const MimeNode* node : message.nodes()) finder.add(*node);
  return finder.take();
}

}  // namespace postern::antispam
