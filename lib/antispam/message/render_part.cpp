#include "lib/antispam/message/render_part.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/antispam/html/render_html.hpp"
#include "lib/antispam/message/normalize_charset.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

PerlString decode_text(const MimeNode& leaf, bool normalizes, const StrictCharsets& charsets) {
  const std::string_view declared = leaf.has_charset ? std::string_view(leaf.charset) : "us-ascii";
  if (normalizes) return normalize_charset(leaf.decoded, declared, false, charsets);
  const bool is_tried = (ascii::equals_ignoring_case(declared, "us-ascii") ||
                         ascii::equals_ignoring_case(declared, "utf-8")) &&
                        !is_all_ascii(leaf.decoded);
  if (is_tried) {
    if (auto text = charsets.decode(leaf.decoded, "UTF-8")) return {*std::move(text), true};
  }
  return {leaf.decoded, false};
}

std::size_t count_spaces(const PerlString& text) {
  const auto is_blank = [](char c) { return is_space_octet(c) && c != '\f'; };
  if (!text.is_characters) {
    return static_cast<std::size_t>(std::count_if(text.bytes.begin(), text.bytes.end(), is_blank));
  }
  std::size_t spaces = 0;
  const std::string_view view = text.bytes;
  for (std::size_t at = 0; at < view.size();) {
    const std::size_t size = leading_space(view.substr(at));
    spaces += size > 0 ? 1 : 0;
    at += std::max<std::size_t>(size, 1);
  }
  return spaces;
}

void add_sizes(HtmlResults& results, const PerlString& text, std::size_t source_size) {
  const std::size_t length = text.is_characters ? count_characters(text.bytes) : text.bytes.size();
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  results.numbers["html_length"] = number(length);
  results.numbers["non_space_len"] = number(length) - number(count_spaces(text));
  results.numbers["ratio"] = (number(source_size) - number(length)) / number(source_size);
}

}  // namespace

void render_part(MimeNode& leaf, bool normalizes, const StrictCharsets& charsets) {
  if (leaf.effective_type != "text/plain" && leaf.effective_type != "text/html") return;
  leaf.rendered_type = leaf.effective_type;
  PerlString text = decode_text(leaf, normalizes, charsets);
  if (leaf.effective_type == "text/plain" || leaf.decoded.empty()) {
    leaf.rendered = std::move(text);
    leaf.invisible_rendered.emplace();
    return;
  }
  RenderedHtml html = render_html(text);
  leaf.rendered = std::move(html.text);
  if (!html.invisible_text.bytes.empty()) leaf.visible_rendered = std::move(html.visible_text);
  leaf.invisible_rendered = std::move(html.invisible_text);
  leaf.html = std::move(html.results);
  add_sizes(*leaf.html, *leaf.rendered, leaf.decoded.size());
}

}  // namespace postern::antispam
