#include "lib/antispam/report/headers.hpp"

#include <fmt/format.h>

#include "lib/antispam/report/wrap.hpp"
#include "lib/base/base64.hpp"

namespace postern::antispam {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_plain(char c) {
  return c == '\t' || (c >= ' ' && c <= '~');
}

/// Every run of white space that holds an LF becomes LF and a tab.
std::string lines_indented(std::string_view text) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && is_space(text[end])) {
      ++end;
    }
    const std::string_view blanks = text.substr(i, end - i);
    if (blanks.find('\n') != std::string_view::npos) {
      out += "\n\t";
    } else {
      out += blanks;
    }
    if (end < text.size()) {
      out += text[end++];
    }
    i = end;
  }
  return out;
}

/// Without lines of nothing but white space.
std::string without_blank_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
    const std::string_view line = text.substr(0, size);
    if (newline == std::string_view::npos ||
        line.find_first_not_of(" \t\r\f\v\n") != std::string_view::npos) {
      out += line;
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string folded(std::string_view name, std::string_view value) {
  // So that no line is broken right behind the name, which the caller puts in front.
  constexpr std::string_view joint = "!!";
  WrapStyle style;
  style.prefix = "\t";
  style.width = 79;
  style.break_at = BreakAt::after_space_or_comma;
  const std::string text =
      without_blank_lines(wrap(fmt::format("X-Spam-{}{}{}", name, joint, value), style));
  return text.substr(text.find(joint) + joint.size());
}

std::string header_value(std::string_view name, std::string_view tmpl, const TagSource& source) {
  std::string value = replace_tags(tmpl, source);
  while (value.ends_with('\n')) {
    value.pop_back();
    if (value.ends_with('\r')) {
      value.pop_back();
    }
  }
  const bool has_lines = value.find('\n') != std::string::npos;
  if (source.options.fold_headers) {
    return has_lines ? lines_indented(value) : folded(name, value);
  }
  for (char& c : value) {
    c = c == '\n' ? ' ' : c;
  }
  return value;
}

std::string quoted_word(std::string_view text) {
  std::string out = "=?UTF-8?Q?";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == ' ') {
      out += '_';
    } else if (c == '=' || c == '?' || c == '_' || octet < 0x20 || octet > 0x7E) {
      out += fmt::format("={:02X}", octet);
    } else {
      out += c;
    }
  }
  return out + "?=";
}

std::string encoded_word(std::string_view text) {
  std::size_t costly = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    costly += c == '=' || c == '?' || c == '_' || octet < 0x20 || octet > 0x7E ? 1 : 0;
  }
  const bool is_quoted_shorter = (text.size() + 2 * costly) * 3 <= 4 * (text.size() + 2);
  return is_quoted_shorter ? quoted_word(text) : "=?UTF-8?B?" + encode_base64(text) + "?=";
}

/// Size of the end of a line that needs no encoding: from the first blank behind the last octet
/// that does, or the whole line; else its line end.
std::size_t plain_suffix(std::string_view line) {
  std::size_t content = line.size();
  if (line.ends_with('\n')) {
    content -= line.ends_with("\r\n") ? 2 : 1;
  }
  std::size_t begin = content;
  while (begin > 0 && is_plain(line[begin - 1])) {
    --begin;
  }
  if (begin == 0) {
    return line.size();
  }
  while (begin < content && line[begin] != ' ' && line[begin] != '\t') {
    ++begin;
  }
  return line.size() - begin;
}

/// Size of the begin of a text that needs no encoding: up to its last blank before an octet that
/// does.
std::size_t plain_prefix(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_plain(text[end])) {
    ++end;
  }
  if (end == text.size()) {
    return end;
  }
  while (end > 0 && text[end - 1] != ' ' && text[end - 1] != '\t') {
    --end;
  }
  return end;
}

}  // namespace

std::string encode_header_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line =
        text.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    text.remove_prefix(line.size());
    const std::size_t suffix = plain_suffix(line);
    const std::string_view tail = line.substr(line.size() - suffix);
    line.remove_suffix(suffix);
    const std::size_t prefix = plain_prefix(line);
    out += line.substr(0, prefix);
    line.remove_prefix(prefix);
    out += line.empty() ? std::string() : encoded_word(line);
    out += tail;
  }
  return out;
}

std::vector<AddedHeader> added_headers(const TagSource& source) {
  return added_headers(source, source.options.headers);
}

std::vector<AddedHeader> added_headers(const TagSource& source,
                                       std::span<const HeaderTemplate> templates) {
  std::vector<AddedHeader> out;
  const bool is_spam = source.verdict.is_spam();
  for (const HeaderTemplate& header : templates) {
    const bool applies = header.when == HeaderTemplate::When::all ||
                         (header.when == HeaderTemplate::When::spam) == is_spam;
    if (applies) {
      out.push_back({"X-Spam-" + header.name,
                     encode_header_text(header_value(header.name, header.text, source))});
    }
  }
  return out;
}

std::string full_report(const TagSource& source) {
  const std::string& tmpl = source.options.report_template;
  std::string out =
      replace_tags(tmpl.empty() ? std::string_view("(no report template found)") : tmpl, source);
  out.erase(out.find_last_not_of('\n') + 1);
  return out + "\n\n";
}

}  // namespace postern::antispam
