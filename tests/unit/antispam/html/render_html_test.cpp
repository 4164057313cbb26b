// Expected values are those of Mail::SpamAssassin::HTML 4.0.1 over HTML::Parser 3.81.
#include "lib/antispam/html/render_html.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

RenderedHtml render(std::string_view html, bool is_characters = false) {
  return render_html({std::string(html), is_characters});
}

TEST_CASE("render_html: tags become white space", "[antispam]") {
  CHECK(render("<p>a <b>b</b></p>c<br/>d").text.bytes == "\n\na b\n\nc\nd");
  CHECK(render("a<td>b<li> c").text.bytes == "a b c");
  CHECK(render("<title>T&amp;</title><script>x<y</script><style>z</style>u").text.bytes ==
        "\n\nT&\n\nu");
}

TEST_CASE("render_html: the kind of string follows the entities", "[antispam]") {
  const PerlString octets = render("caf&eacute;").text;
  CHECK(octets.bytes == "caf\xE9");
  CHECK_FALSE(octets.is_characters);
  const PerlString characters = render("caf&eacute; &#8217;").text;
  CHECK(characters.bytes == "caf\xC3\xA9 \xE2\x80\x99");
  CHECK(characters.is_characters);
}

TEST_CASE("render_html: what cannot be seen", "[antispam]") {
  struct Case {
    std::string_view html, invisible;
  };
  const Case cases[] = {
      {"<font color=#ffffff>a</font>b", "a"},
      {"<font color=white>a</font>b", "a"},
      {"<font color=#fefefe>a</font>b", "a"},
      {"<font size=1>a</font>b", "a"},
      {"<span style='display: none'>a</span>b", "a"},
      {"<span style='font-size: 0'>a</span>b", ""},
      {"<table bgcolor=black><tr><td>a</table>b", ""},
      {"<p style='color:red; background:red url(x)'>a</p>b", "a"},
      {"<font color=nonsense>a</font>b", "a"},
  };
  for (const Case& each : cases) {
    const RenderedHtml html = render(each.html);
    CHECK(html.invisible_text.bytes == each.invisible);
    CHECK(html.visible_text.bytes.find('b') != std::string::npos);
  }
}

TEST_CASE("render_html: results for eval rules", "[antispam]") {
  const HtmlResults results =
      render("<!doctype html><html><x><img width=10 height=50%><!-- c --></i>").results;
  CHECK(results.numbers.at("image_area") == 3000);
  CHECK(results.numbers.at("html") == 1);
  CHECK(results.numbers.at("bad_tag_ratio") == Approx(1.0 / 5));
  CHECK(results.numbers.at("closed_extra_ratio") == Approx(1.0 / 5));
  CHECK(results.texts.at("comment").size() == 1);
  CHECK(results.inside.at("html") == 1);
  CHECK(results.inside.at("i") == 0);
}

TEST_CASE("render_html: links with their anchors", "[antispam]") {
  const HtmlResults results =
      render("<base href='http://example.org/a/'><a href=b>c<img src=d></a>").results;
  std::string found;
  for (const HtmlLink& link : results.links) {
    found += link.uri.bytes + " ";
    for (const std::string& type : link.types) found += type + ",";
    for (const PerlString& text : link.anchor_texts) found += "[" + text.bytes + "]";
    found += ";";
  }
  CHECK(found ==
        "http://example.org/a/ base,;http://example.org/a/b a,;b [c<img>\n];"
        "http://example.org/a/d img,;");
}

TEST_CASE("render_html: markup that does not end", "[antispam]") {
  CHECK(render("a<b").results.texts.at("comment")[0].bytes == "<b");
  CHECK(render("<title>a<b>c").text.bytes == "\n\na\n\nc");
  CHECK(render("<script>a").text.bytes == "");
  CHECK(render("x <a href=\"y").text.bytes == "x ");
  CHECK(render("<![CDATA[a<b>]]>c").text.bytes == "a<b>c");
}

TEST_CASE("render_html: what one part can make of little is bounded", "[antispam][html]") {
  std::string marks;
  for (int i = 0; i < 300'000; ++i) marks += "\xEF\xBB\xBF";
  CHECK(render_html({"<a href=\"" + marks + "http://example.org/\">x</a>", false})
            .results.links.size() == 1);

  std::string links = "<base href=\"http://example.org/" + std::string(8'000, 'b') + "/\">";
  for (int i = 0; i < 20'000; ++i) links += "<a href=" + std::to_string(i) + ">";
  std::size_t octets = 0;
  for (const HtmlLink& link : render_html({links, false}).results.links)
    octets += link.uri.bytes.size();
  CHECK(octets <= (256 * 1024 + 8 * links.size()) / 2);

  std::string styles = "<div style=\"display:" + std::string(1'000'000, 'A') + "\">";
  for (int i = 0; i < 20'000; ++i) styles += "<p>";
  CHECK(render_html({styles + "text", false}).text.bytes.find("text") != std::string::npos);
}

TEST_CASE("render_html: for the end of an element one looks once", "[antispam][html]") {
  for (const std::string tag : {"title", "script", "style"}) {
    std::string source;
    for (int i = 0; i < 100'000; ++i) source += '<' + tag + '>';
    CHECK(render_html({source, false}).results.inside.count(tag) == 1);
  }
  CHECK(render("<title>a<title>b<b>c").text.bytes == "\n\na\n\n\n\nb\n\nc");
}

}  // namespace
}  // namespace postern::antispam
