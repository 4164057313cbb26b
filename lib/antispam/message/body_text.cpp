#include "lib/antispam/message/body_text.hpp"

#include <algorithm>
#include <initializer_list>

#include "lib/antispam/text/characters.hpp"

namespace postern::antispam {
namespace {

// Behind the first of `marks` that is found not too far beyond `size`; else `size`. The text is
// longer than that.
std::size_t cut_at(std::string_view text, std::size_t size, std::initializer_list<char> marks) {
  for (const char mark : marks) {
    const std::size_t at = text.find(mark, size);
    if (at != text.npos && at - size <= max_cut_search) return at + 1;
  }
  return size;
}

// As cut_at, counting characters.
std::string_view cut_characters(std::string_view text) {
  const std::size_t limit = octets_of_characters(text, max_body_part_size);
  if (limit == text.size()) return text;
  const std::string_view rest = text.substr(limit);
  const std::string_view near = rest.substr(0, octets_of_characters(rest, max_cut_search + 1));
  for (const char mark : {'\n', ' '}) {
    const std::size_t at = near.find(mark);
    if (at != near.npos) return text.substr(0, limit + at + 1);
  }
  return text.substr(0, limit);
}

std::string_view cut_octets(std::string_view text) {
  if (text.size() <= max_body_part_size) return text;
  return text.substr(0, cut_at(text, max_body_part_size, {'\n', ' '}));
}

std::size_t space_at(std::string_view text, std::size_t at, bool is_characters) {
  if (is_characters) return leading_space(text.substr(at));
  return is_space_octet(text[at]) ? 1 : 0;
}

// White space at `at` becomes a space; where a line in it is empty, a line end instead. A NUL is
// taken for one, too.
class EvenSpace {
 public:
  explicit EvenSpace(const PerlString& text)
      : text_(text.bytes), is_characters_(text.is_characters) {}

  std::string run() {
    out_.reserve(text_.size());
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t begin = at;
      while (at < text_.size() && !may_be_space(text_[at])) ++at;
      out_.append(text_, begin, at - begin);
      if (at == text_.size()) break;
      at = read_special(at);
    }
    return std::move(out_);
  }

 private:
  static bool may_be_space(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet <= ' ' || octet == 0xC2 || (octet >= 0xE1 && octet <= 0xE3);
  }

  std::size_t read_special(std::size_t at) {
    if (text_[at] == '\0') {
      out_ += '\n';
      return at + 1;
    }
    std::size_t end = at;
    std::size_t first_newline = std::string_view::npos;
    std::size_t last_newline = 0;
    while (end < text_.size()) {
      const std::size_t size = space_at(text_, end, is_characters_);
      if (size == 0) break;
      if (text_[end] == '\n') {
        first_newline = std::min(first_newline, end);
        last_newline = end;
      }
      end += size;
    }
    if (end == at) {
      out_ += text_[at];
      return at + 1;
    }
    if (first_newline == std::string_view::npos || first_newline == last_newline) {
      out_ += ' ';
      return end;
    }
    if (first_newline > at) out_ += ' ';
    out_ += '\n';
    if (last_newline + 1 < end) out_ += ' ';
    return end;
  }

  std::string_view text_;
  bool is_characters_;
  std::string out_;
};

void add_short_lines(std::vector<std::string>& lines, std::string_view text) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = newline == text.npos ? text : text.substr(0, newline + 1);
    text.remove_prefix(line.size());
    while (line.size() > max_body_line_size) {
      const std::size_t space = line.rfind(' ', max_body_line_size);
      const std::size_t size = space == line.npos ? max_body_line_size : space + 1;
      lines.emplace_back(line.substr(0, size));
      line.remove_prefix(size);
    }
    lines.emplace_back(line);
  }
}

// Behind the place where a chunk that begins at `begin` ends.
std::size_t chunk_end(std::string_view text, std::size_t begin) {
  const std::size_t from = begin + max_body_line_size;
  const std::string_view window = text.substr(from, max_body_line_size);
  for (const char mark : {'\n', '>', ' '}) {
    const std::size_t at = window.find(mark);
    if (at != window.npos) return from + at + 1;
  }
  return from + 1;
}

}  // namespace

void BodyText::begin_part() {
  if (!text_.bytes.empty()) text_.bytes += '\n';
}

void BodyText::add(const PerlString& rendered) {
  const std::string_view cut =
      rendered.is_characters ? cut_characters(rendered.bytes) : cut_octets(rendered.bytes);
  append(text_, {std::string(cut), rendered.is_characters});
}

std::vector<std::string> BodyText::lines(std::string_view subject) const {
  std::string text(subject);
  text += EvenSpace(text_).run();
  std::vector<std::string> lines;
  add_short_lines(lines, text);
  return lines;
}

void add_rawbody_chunks(std::vector<PerlString>& chunks, std::string_view text) {
  if (text.size() > max_rawbody_part_size) {
    text = text.substr(0, cut_at(text, max_rawbody_part_size, {'\n', '>', ' '}));
  }
  if (text.size() <= max_body_line_size) {
    chunks.push_back({std::string(text), false});
    return;
  }
  std::size_t begin = 0;
  while (text.size() - begin > 2 * max_body_line_size) {
    const std::size_t end = chunk_end(text, begin);
    chunks.push_back({std::string(text.substr(begin, end - begin)), false});
    begin = end;
  }
  if (begin < text.size()) chunks.push_back({std::string(text.substr(begin)), false});
}

}  // namespace postern::antispam
