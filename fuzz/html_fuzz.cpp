// Any octets as HTML: what comes out is bounded, and characters are valid UTF-8.
#include <cstdint>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antispam/html/render_html.hpp"
#include "lib/antispam/text/characters.hpp"

using namespace postern;
using antispam::PerlString;
using antispam::RenderedHtml;
using fuzz::require;

namespace {

constexpr std::size_t max_growth = 6;  // "&nbsp" is short for what it becomes, a tag for its space

void check(const PerlString& source) {
  const RenderedHtml html = antispam::render_html(source);
  const std::size_t most = 64 + source.bytes.size() * max_growth;
  require(html.text.bytes.size() <= most && html.visible_text.bytes.size() <= most);
  require(html.invisible_text.bytes.size() <= html.text.bytes.size() * 2);
  require(html.results.inside.size() <= antispam::max_html_tags);
  require(html.results.links.size() <= antispam::max_html_links);
  for (const auto& [tag, depth] : html.results.inside) require(depth >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check({std::string(bytes), false});
  check({antispam::upgraded(bytes), true});
  constexpr std::string_view words[] = {
      "<",      ">",      "</",     "a",       "title",        "style",    "=",    "\"",
      " ",      "&#8217", "&amp",   ";",       "<!--",         "-->",      "<![",  "CDATA[",
      "]]>",    "<p ",    "color:", "red",     "background:",  "rgb(1,2",  "href", "http://x/../y",
      "<base ", "<td",    "<font ", "size=+1", "display:none", "<script>", "\xA0", "#fff"};
  check({fuzz::in_words(bytes, words), false});
  return 0;
}
