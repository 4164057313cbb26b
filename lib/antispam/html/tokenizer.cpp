#include "lib/antispam/html/tokenizer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/antispam/html/entities.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string::npos;
constexpr std::size_t max_sections = 1000;  // inside one another

struct Literal {
  std::string_view tag;
  bool is_cdata = false;
};

constexpr Literal literals[] = {{"script", true},   {"style", true},     {"xmp", true},
                                {"iframe", true},   {"plaintext", true}, {"title", false},
                                {"textarea", false}};

bool is_html_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_name_first(char c) {
  return ascii::is_alpha(c) || c == '_' || c == ':';
}
bool is_name_char(char c) {
  return ascii::is_alnum(c) || c == '_' || c == ':' || c == '.' || c == '-';
}
bool is_tag_char(char c) {
  return !is_html_space(c) && c != '>';
}

}  // namespace

void HtmlAttributes::add(std::string name, PerlString value) {
  if (all_.size() < max_html_attributes && find(name) == nullptr) {
    all_.push_back({std::move(name), std::move(value)});
  }
}

const PerlString* HtmlAttributes::find(std::string_view name) const {
  for (const HtmlAttribute& each : all_) {
    if (each.name == name) return &each.value;
  }
  return nullptr;
}

void HtmlAttributes::set(std::string_view name, PerlString value) {
  for (HtmlAttribute& each : all_) {
    if (each.name == name) {
      each.value = std::move(value);
      return;
    }
  }
  all_.push_back({std::string(name), std::move(value)});
}

void HtmlTokenizer::parse(std::string_view chunk) {
  text_ += chunk;
  if (!text_.empty()) text_.erase(0, read(0));
}

void HtmlTokenizer::end() {
  is_ending_ = true;
  std::size_t from = 0;
  while (from < text_.size() && end_literal(from)) {
  }
  if (from < text_.size()) report_text(between(from, text_.size()));
  report_pending_end();
  text_.clear();
}

// Reads on from where an unfinished element or tag begins; false: the rest is text.
bool HtmlTokenizer::end_literal(std::size_t& from) {
  if (!literal_.empty()) {
    if (literal_ == "script" || literal_ == "style") {
      report_end(literal_);
    } else if (literal_ != "title") {
      return false;
    } else {
      pending_end_ = literal_;
    }
    literal_ = {};
    from = read(from);
    return true;
  }
  if (at(from) != '<') return false;
  if (!ends_comment_at_gt_) {
    ends_comment_at_gt_ = true;
    from = read(from);
    return true;
  }
  const char next = at(from + 1);
  const bool is_markup =
      from + 1 == text_.size() || is_name_first(next) || next == '/' || next == '!' || next == '?';
  if (!is_markup) return false;
  report_comment(between(from, text_.size()));
  from = text_.size();
  return false;
}

// Where what cannot be read yet begins.
std::size_t HtmlTokenizer::read(std::size_t begin) {
  std::size_t from = begin;
  std::size_t i = begin;
  while (true) {
    if (!literal_.empty() && !read_literal(from, i)) return from;
    if (!read_section_text(from, i)) return from;
    if (read_text(from, i)) return i;
    if (text_.size() - i < 3) return i;
    ++i;  // "<" stands at `from`
    const std::size_t end = read_markup(from);
    if (end == from) return from;
    if (end != npos) from = i = end;
  }
}

// The text of a literal element and its end. False: the end is not there yet.
bool HtmlTokenizer::read_literal(std::size_t& from, std::size_t& i) {
  while (!literal_.empty()) {
    if (std::find(endless_.begin(), endless_.end(), literal_) != endless_.end()) return false;
    i = text_.find('<', i);
    if (i == npos) {
      if (is_ending_) endless_.push_back(literal_);
      return false;
    }
    const std::size_t open = i++;
    if (at(i) != '/' || literal_ == "plaintext") continue;
    if (!ascii::starts_with_ignoring_case(between(i + 1, text_.size()), literal_)) continue;
    i += 1 + literal_.size();
    const std::size_t name_end = i;
    i = skip_space(i);
    if (at(i) != '>') continue;
    ++i;
    if (from != open) report_text(between(from, open));
    report_end(between(open + 2, name_end));
    literal_ = {};
    is_cdata_ = false;
    from = i;
  }
  return true;
}

// False: the end of the section is not there yet.
bool HtmlTokenizer::read_section_text(std::size_t& from, std::size_t& i) {
  while (section_ == Section::cdata || section_ == Section::rcdata) {
    const std::size_t close = text_.find(']', i);
    if (close == npos) return false;
    i = close + 1;
    if (at(i) == ']' && at(i + 1) == '>') {
      if (from != close) report_text(between(from, close));
      i += 2;
      from = i;
      end_section();
    } else if (i == text_.size()) {
      return false;
    }
  }
  return true;
}

// Text up to a "<". True: all that can be read yet is read; the rest begins at `i`.
bool HtmlTokenizer::read_text(std::size_t& from, std::size_t& i) {
  while (i < text_.size() && text_[i] != '<') {
    if (section_ != Section::none && text_[i] == ']') {
      const std::size_t close = i++;
      if (at(i) == ']') {
        ++i;
        if (at(i) == '>') {
          ++i;
          report_text(between(from, close));
          from = i;
          end_section();
          continue;
        }
      }
    }
    ++i;
  }
  i = std::min(i, text_.size());
  if (i == from) return false;
  if (i < text_.size()) {
    report_text(between(from, i));
    from = i;
    return false;
  }
  i = text_end(from, i);
  if (i != from) report_text(between(from, i));
  return true;
}

// Where the last word begins, with the white space before it: more of it may come.
std::size_t HtmlTokenizer::text_end(std::size_t from, std::size_t end) const {
  if (!is_html_space(text_[end - 1])) {
    while (end > from && !is_html_space(text_[end - 1])) --end;
  }
  while (end > from && is_html_space(text_[end - 1])) --end;
  return end;
}

std::size_t HtmlTokenizer::read_markup(std::size_t begin) {
  const char kind = at(begin + 1);
  if (is_name_first(kind)) return read_start(begin);
  if (kind == '/') return read_end(begin);
  if (kind == '!') return read_declaration(begin);
  if (kind != '?') return npos;
  const std::size_t end = text_.find('>', begin + 2);
  if (end == npos) return begin;
  report_pending_end();
  return end + 1;
}

std::size_t HtmlTokenizer::skip_space(std::size_t i) const {
  while (i < text_.size() && is_html_space(text_[i])) ++i;
  return i;
}

std::size_t HtmlTokenizer::read_start(std::size_t begin) {
  std::size_t i = begin + 2;
  while (i < text_.size() && is_tag_char(text_[i])) ++i;
  std::string tag = ascii::to_lower(between(begin + 1, i));
  i = skip_space(i);
  HtmlAttributes attributes;
  while (i < text_.size() && text_[i] != '>') {
    i = read_attribute(i, attributes);
    if (i == npos) return begin;
  }
  if (i >= text_.size()) return begin;
  report_pending_end();
  const std::string_view literal = [&tag]() -> std::string_view {
    for (const Literal& each : literals) {
      if (tag == each.tag) return each.tag;
    }
    return {};
  }();
  if (!is_ignored() && !handler_.start_tag(std::move(tag), attributes)) is_stopped_ = true;
  if (!literal.empty()) begin_literal(literal);
  return i + 1;
}

void HtmlTokenizer::begin_literal(std::string_view tag) {
  literal_ = tag;
  for (const Literal& each : literals) {
    if (tag == each.tag) is_cdata_ = each.is_cdata;
  }
}

// Behind an attribute and white space; npos: the tag does not end.
std::size_t HtmlTokenizer::read_attribute(std::size_t begin, HtmlAttributes& attributes) {
  std::size_t i = begin + 1;
  while (i < text_.size() && is_tag_char(text_[i]) && text_[i] != '=') ++i;
  const std::string_view name = between(begin, i);
  i = skip_space(i);
  if (i >= text_.size()) return npos;
  if (text_[i] != '=') {
    attributes.add(ascii::to_lower(name), {std::string(name), is_characters_});
    return i;
  }
  i = skip_space(i + 1);
  if (i >= text_.size()) return npos;
  std::string_view value;
  const char quote = text_[i];
  if (quote == '"' || quote == '\'') {
    const std::size_t close = text_.find(quote, i + 1);
    if (close == npos) return npos;
    value = between(i + 1, close);
    i = close + 1;
  } else {
    const std::size_t value_begin = i;
    while (i < text_.size() && is_tag_char(text_[i])) ++i;
    value = between(value_begin, i);
  }
  i = skip_space(i);
  if (i >= text_.size()) return npos;
  attributes.add(ascii::to_lower(name), decode_entities(value, is_characters_, false));
  return i;
}

// As Internet Explorer did: a ">" in quotes does not end the tag.
std::size_t HtmlTokenizer::skip_until_gt(std::size_t i) const {
  char quote = '\0';
  char before = ' ';
  for (; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quote == '\0' && c == '>') return i;
    if (c == '"' || c == '\'') {
      if (c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (before == ' ' || before == '=')) {
        quote = c;
      }
    }
    before = c;
  }
  return npos;
}

std::size_t HtmlTokenizer::read_end(std::size_t begin) {
  std::size_t i = begin + 2;
  while (i < text_.size() && is_tag_char(text_[i])) ++i;
  const std::string_view tag = between(begin + 2, i);
  const std::size_t end = skip_until_gt(i);
  if (end == npos) return begin;
  if (tag.empty()) {
    report_comment(between(begin, end + 1));
  } else {
    report_end(tag);
  }
  return end + 1;
}

std::size_t HtmlTokenizer::read_declaration(std::size_t begin) {
  const char kind = at(begin + 2);
  if (kind == '-') {
    if (begin + 3 == text_.size()) return begin;
    return at(begin + 3) == '-' ? read_comment(begin) : read_bad_declaration(begin);
  }
  if (kind == '[') return read_section(begin);
  if (kind == '>') {
    report_comment(between(begin, begin + 3));
    return begin + 3;
  }
  return ascii::is_alpha(kind) ? read_doctype(begin) : read_bad_declaration(begin);
}

std::size_t HtmlTokenizer::read_doctype(std::size_t begin) {
  std::size_t i = begin + 2;
  while (i < text_.size() && is_name_char(text_[i])) ++i;
  if (i == text_.size()) return begin;
  const std::string_view name = between(begin + 2, i);
  const bool is_known =
      ascii::equals_ignoring_case(name, "doctype") || ascii::equals_ignoring_case(name, "entity");
  if (!is_known) return read_bad_declaration(begin);
  const std::size_t end = declaration_end(i);
  if (end == npos) return read_bad_declaration(begin);
  if (end >= text_.size()) return begin;
  report_pending_end();
  if (!is_ignored()) handler_.declaration(between(begin, end + 1));
  return end + 1;
}

// Where the ">" stands; the end of the text: not there yet; npos: it is none.
std::size_t HtmlTokenizer::declaration_end(std::size_t i) const {
  while ((i = skip_space(i)) < text_.size() && text_[i] != '>') {
    const char first = text_[i];
    if (first == '"' || first == '\'') {
      const std::size_t close = text_.find(first, i + 1);
      if (close == npos) return text_.size();
      i = close + 1;
    } else if (first == '-') {
      if (i + 1 == text_.size()) return text_.size();
      if (text_[i + 1] != '-') return npos;
      const std::size_t close = text_.find("--", i + 2);
      if (close == npos) return text_.size();
      i = close + 2;
    } else {
      ++i;
      while (i < text_.size() && is_tag_char(text_[i])) ++i;
    }
  }
  return i;
}

std::size_t HtmlTokenizer::read_comment(std::size_t begin) {
  if (ends_comment_at_gt_) {
    const std::size_t end = text_.find('>', begin + 4);
    if (end == npos) return begin;
    report_comment(between(begin, end + 1));
    return end + 1;
  }
  for (std::size_t i = text_.find("--", begin + 4); i != npos; i = text_.find("--", i + 1)) {
    const std::size_t end = skip_space(i + 2);
    if (at(end) != '>') continue;
    report_comment(between(begin, end + 1));
    return end + 1;
  }
  return begin;
}

// Whatever it is, it is a comment up to the first ">".
std::size_t HtmlTokenizer::read_bad_declaration(std::size_t begin) {
  const std::size_t end = text_.find('>', begin + 2);
  if (end == npos) return begin;
  report_comment(between(begin, end + 1));
  return end + 1;
}

// "<![ CDATA [": what follows is its content.
std::size_t HtmlTokenizer::read_section(std::size_t begin) {
  Section section = Section::none;
  bool has_name = false;
  std::size_t i = skip_space(begin + 3);
  while (true) {
    if (is_name_first(at(i))) {
      const std::size_t name_begin = i++;
      while (i < text_.size() && is_name_char(text_[i])) ++i;
      const std::string name = ascii::to_lower(between(name_begin, i));
      has_name = true;
      constexpr std::array<std::pair<std::string_view, Section>, 4> names = {
          {{"include", Section::include},
           {"rcdata", Section::rcdata},
           {"cdata", Section::cdata},
           {"ignore", Section::ignore}}};
      for (const auto& [known, value] : names) {
        if (name == known) section = std::max(section, value);
      }
      i = skip_space(i);
      if (i == text_.size()) return begin;
    } else if (at(i) == '-') {
      if (at(i + 1) != '-') return read_bad_declaration(begin);
      i = skip_section_comment(i + 2);
      if (i == npos) return begin;
      i = skip_space(i);
    } else {
      break;
    }
  }
  if (at(i) != '[') return read_bad_declaration(begin);
  if (sections_.size() < max_sections) {
    sections_.push_back(std::max(section_, has_name ? section : Section::include));
  }
  update_section();
  report_pending_end();
  return i + 1;
}

// Behind the next "--"; npos: not there yet.
std::size_t HtmlTokenizer::skip_section_comment(std::size_t i) const {
  const std::size_t close = text_.find("--", i);
  return close == npos ? npos : close + 2;
}

void HtmlTokenizer::end_section() {
  if (!sections_.empty()) sections_.pop_back();
  report_pending_end();
  update_section();
}

void HtmlTokenizer::update_section() {
  section_ = sections_.empty() ? Section::none : sections_.back();
  is_cdata_ = section_ == Section::cdata;
}

void HtmlTokenizer::report_text(std::string_view text) {
  if (is_ignored()) return;
  if (is_cdata_) {
    handler_.text({std::string(text), is_characters_});
  } else {
    handler_.text(decode_entities(text, is_characters_, true));
  }
}

void HtmlTokenizer::report_comment(std::string_view text) {
  if (!is_ignored()) handler_.comment(text);
}

void HtmlTokenizer::report_end(std::string_view tag) {
  report_pending_end();
  if (!is_ignored() && !handler_.end_tag(ascii::to_lower(tag))) is_stopped_ = true;
}

void HtmlTokenizer::report_pending_end() {
  if (pending_end_.empty()) return;
  const std::string_view tag = std::exchange(pending_end_, {});
  if (!is_ignored() && !handler_.end_tag(std::string(tag))) is_stopped_ = true;
}

}  // namespace postern::antispam
