#include "lib/antispam/message/message_head.hpp"

#include <algorithm>

#include "lib/antispam/message/header_decoding.hpp"
#include "lib/antispam/message/transfer_decoding.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr int max_invalid_lines = 3;

// "From " of an mbox; "From :" is a field.
bool is_mbox_line(std::string_view line) {
  if (!line.starts_with("From")) return false;
  line.remove_prefix(4);
  if (line.empty() || !is_space_octet(line[0])) return false;
  return line.size() == 1 || line[1] != ':';
}

// '9' a digit, 'a' a letter, '?' a digit or white space, else itself.
bool has_form(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  return std::equal(form.begin(), form.end(), text.begin(), [](char kind, char c) {
    switch (kind) {
      case '9': return ascii::is_digit(c);
      case 'a': return ascii::is_alpha(c);
      case '?': return ascii::is_digit(c) || is_space_octet(c);
      case ' ': return is_space_octet(c);
      default: return kind == c;
    }
  });
}

bool is_lower_hex(char c) {
  return ascii::is_digit(c) || (c >= 'a' && c <= 'f');
}

// " 1-Jan-2026 12:00:00 +0000,1234;000000000001-00000001" of the MBX format.
bool is_mbx_line(std::string_view line) {
  if (!has_form(line, "?9-aaa-9999 99:99:99")) return false;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t semicolon = line.rfind(';');
  if (semicolon == line.npos || line.size() - semicolon != 22) return false;
  const std::string_view status = line.substr(semicolon + 1);
  const bool is_status = std::all_of(status.begin(), status.begin() + 12, is_lower_hex) &&
                         status[12] == '-' &&
                         std::all_of(status.begin() + 13, status.end(), is_word_octet);
  std::size_t digits = semicolon;
  while (digits > 0 && ascii::is_digit(line[digits - 1])) --digits;
  return is_status && digits < semicolon && digits > 20 && line[digits - 1] == ',';
}

bool lacks_cr(std::string_view line) {
  return line.ends_with('\n') && !line.ends_with("\r\n");
}

class HeadReader {
 public:
  HeadReader(std::string_view text, const StrictCharsets& charsets)
      : text_(text), charsets_(charsets) {}

  MessageHead read() {
    skip_separator();
    const std::string_view rest = text_.substr(at_);
    head_.is_crlf = first_line(rest).ends_with("\r\n") || rest.ends_with("\r\n");
    while (read_line()) {
    }
    head_.end = at_;
    return std::move(head_);
  }

 private:
  void skip_separator() {
    const std::string_view line = first_line(text_);
    if (is_mbox_line(line) || is_mbx_line(line)) at_ = line.size();
    head_.begin = at_;
  }

  // False at the end of the header.
  bool read_line() {
    const bool is_eof = at_ == text_.size();
    const std::string_view line = first_line(text_.substr(at_));
    std::string current = is_eof ? (head_.is_crlf ? "\r\n" : "\n") : std::string(line);
    if (head_.is_crlf && lacks_cr(current)) current.insert(current.size() - 1, 1, '\r');
    if (ascii::is_blank(current[0])) {
      at_ += line.size();
      has_field_ = true;
      field_ += current;
      head_.pristine += current;
      return true;
    }
    end_field();
    if (current == (head_.is_crlf ? "\r\n" : "\n")) {
      at_ += line.size();
      head_.missing_separator = is_eof;
      if (!is_eof) head_.pristine += current;
      return false;
    }
    if (ends_header(current)) {
      head_.missing_separator = true;
      return false;
    }
    at_ += line.size();
    has_field_ = true;
    field_ = current;
    head_.pristine += current;
    return true;
  }

  // A line that belongs to the body, although no empty line came.
  bool ends_header(std::string_view line) {
    if (line.starts_with("--")) return true;
    return !is_field_line(line, true) && ++invalid_lines_ > max_invalid_lines;
  }

  void end_field() {
    const std::size_t colon = has_field_ ? field_.find(':') : std::string::npos;
    if (colon == std::string::npos) return;
    if (head_.fields.size() >= max_header_fields) {
      head_.truncated = true;
      return;
    }
    std::string_view name(field_.data(), colon);
    while (!name.empty() && ascii::is_blank(name.back())) name.remove_suffix(1);
    std::string raw = field_.substr(colon + 1);
    if (head_.is_crlf) squash_line_ends(raw);
    if (name.size() > max_field_name_size || raw.size() > max_field_value_size) {
      head_.truncated = true;
      name = name.substr(0, max_field_name_size);
      raw.resize(std::min(raw.size(), max_field_value_size));
    }
    head_.fields.push_back(make_field(name, raw, charsets_));
  }

  std::string_view text_;
  const StrictCharsets& charsets_;
  MessageHead head_;
  std::size_t at_ = 0;
  std::string field_;
  bool has_field_ = false;
  int invalid_lines_ = 0;
};

}  // namespace

bool is_field_line(std::string_view line, bool allows_blanks) {
  std::size_t at = 0;
  while (at < line.size() && line[at] > ' ' && line[at] < '\x7F' && line[at] != ':') ++at;
  if (at == 0) return false;
  while (allows_blanks && at < line.size() && ascii::is_blank(line[at])) ++at;
  return at < line.size() && line[at] == ':';
}

std::string_view first_line(std::string_view text) {
  const std::size_t newline = text.find('\n');
  return newline == text.npos ? text : text.substr(0, newline + 1);
}

NodeField make_field(std::string_view name, std::string_view raw, const StrictCharsets& charsets) {
  return {std::string(name), std::string(raw), {read_field_value(name, raw, charsets), false}};
}

MessageHead read_message_head(std::string_view text, const StrictCharsets& charsets) {
  return HeadReader(text, charsets).read();
}

}  // namespace postern::antispam
