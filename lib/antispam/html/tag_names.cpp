#include "lib/antispam/html/tag_names.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// Ordered.
constexpr std::string_view elements[] = {
    "a",        "abbr",     "acronym",  "address",    "applet",   "area",     "b",        "base",
    "basefont", "bdo",      "big",      "blockquote", "body",     "br",       "button",   "caption",
    "center",   "cite",     "code",     "col",        "colgroup", "dd",       "del",      "dfn",
    "dir",      "div",      "dl",       "dt",         "em",       "fieldset", "font",     "form",
    "frame",    "frameset", "h1",       "h2",         "h3",       "h4",       "h5",       "h6",
    "head",     "hr",       "html",     "i",          "iframe",   "img",      "input",    "ins",
    "isindex",  "kbd",      "label",    "legend",     "li",       "link",     "map",      "menu",
    "meta",     "nobr",     "noframes", "noscript",   "object",   "ol",       "optgroup", "option",
    "p",        "param",    "pre",      "q",          "s",        "samp",     "script",   "select",
    "small",    "span",     "strike",   "strong",     "style",    "sub",      "sup",      "table",
    "tbody",    "td",       "textarea", "tfoot",      "th",       "thead",    "title",    "tr",
    "tt",       "u",        "ul",       "var",        "x-sigsep", "x-tab"};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space_octet(text[at])) ++at;
  return at;
}

// Behind a name of letters, blanks, and hyphens, with a digit at the end if there is one; npos: it
// is none.
std::size_t font_name_end(std::string_view text, std::size_t at, bool may_begin_with_blank) {
  const std::size_t begin = at;
  std::size_t end = std::string_view::npos;
  while (at < text.size() && (ascii::is_alpha(text[at]) || text[at] == ' ' || text[at] == '-')) {
    const bool is_end = at > begin && ascii::is_alpha(text[at]);
    if (is_end) end = at + 1;
    ++at;
  }
  if (end == std::string_view::npos || text[begin] == '-') return std::string_view::npos;
  if (text[begin] == ' ' && !may_begin_with_blank) return std::string_view::npos;
  if (end < text.size() && ascii::is_digit(text[end])) ++end;
  return end < text.size() && is_quote(text[end]) ? end + 1 : end;
}

}  // namespace

bool is_element(std::string_view tag) {
  return std::binary_search(std::begin(elements), std::end(elements), tag);
}

bool is_rendered_tag(std::string_view tag) {
  return is_element(tag) || is_one_of(tag, {"bgsound", "embed", "listing", "plaintext", "xmp"});
}

bool is_namespaced_tag(std::string_view tag) {
  if (tag.starts_with("o:")) {
    tag.remove_prefix(2);
  } else if (tag.size() > 4 && tag.starts_with("st") && ascii::is_digit(tag[2]) && tag[3] == ':') {
    tag.remove_prefix(4);
  } else {
    return false;
  }
  if (tag.ends_with('/')) tag.remove_suffix(1);
  return !tag.empty() &&
         std::all_of(tag.begin(), tag.end(), [](char c) { return is_word_octet(c) || c == '-'; });
}

std::string_view tag_space(std::string_view tag) {
  if (is_one_of(tag, {"br", "div"})) return "\n";
  if (is_one_of(tag, {"li", "td", "th", "dd", "dt", "embed", "h1", "h2", "h3", "h4", "h5", "h6"})) {
    return " ";
  }
  const bool is_paragraph =
      is_one_of(tag, {"p", "hr", "blockquote", "pre", "listing", "plaintext", "xmp", "title"});
  return is_paragraph ? "\n\n" : "";
}

bool is_good_font_face(std::string_view face) {
  constexpr std::size_t npos = std::string_view::npos;
  std::size_t at = skip_space(face, 0);
  if (at < face.size() && (is_quote(face[at]) || face[at] == '.')) ++at;
  // White space before a name may be part of it.
  const bool has_blank = at > 0 && at <= face.size() && face[at - 1] == ' ';
  std::size_t end = font_name_end(face, at, true);
  if (end == npos && has_blank) end = font_name_end(face, at - 1, true);
  while (end != npos && end < face.size() && face[end] == ',') {
    at = skip_space(face, end + 1);
    if (at < face.size() && is_quote(face[at])) ++at;
    end = font_name_end(face, at, false);
  }
  if (end == npos) return false;
  if (end < face.size() && face[end] == ';') ++end;
  return end == face.size() || face.substr(end) == "\n";
}

double image_side(std::string_view text, double percent_pixels) {
  constexpr double guess = 200;
  double side = 0;
  std::size_t at = 0;
  for (; at < text.size() && ascii::is_digit(text[at]); ++at) side = side * 10 + (text[at] - '0');
  if (at == 0) return guess;
  if (at < text.size() && text[at] == '%') {
    side *= percent_pixels;
    ++at;
  }
  const bool is_all = at == text.size() || text.substr(at) == "\n";
  return is_all && side > 0 ? side : guess;
}

}  // namespace postern::antispam
