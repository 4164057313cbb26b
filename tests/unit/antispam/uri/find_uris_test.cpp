#include "lib/antispam/uri/find_uris.hpp"
#include "lib/antispam/uri/canonical.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

class NoCharsets final : public StrictCharsets {
 public:
  bool knows(std::string_view) const override { return false; }
  std::optional<std::string> decode(std::string_view, std::string_view) const override {
    return {};
  }
  std::optional<std::string> decode_lenient(std::string_view, std::string_view) const override {
    return {};
  }
};

struct World {
  World() {
    options.tlds = {"com", "org", "net", "uk"};
    options.two_level_tlds = {"co.uk"};
  }
  Options options;
  RegistryBoundaries boundaries{options};
  std::vector<const Regex*> redirectors;
  NoCharsets charsets;
  RenderEnvironment environment{options, boundaries, redirectors, charsets};
};

std::vector<std::string> forms(const PerlString& uri) {
  const World world;
  std::vector<std::string> texts;
  for (const PerlString& form : canonical_forms(uri, world.environment)) {
    texts.push_back(form.bytes);
  }
  std::sort(texts.begin() + 1, texts.end());
  return texts;
}

std::vector<std::string> found(const std::string& line) {
  const World world;
  std::vector<std::string> texts;
  for (const MessageUri& uri : find_uris(std::vector{line}, {}, {}, world.environment).uris) {
    texts.push_back(uri.uri.bytes);
  }
  return texts;
}

using Texts = std::vector<std::string>;

// All rows were checked with SpamAssassin's uri_list_canonicalize.
TEST_CASE("canonical_forms: forms of a URI", "[antispam][uri]") {
  CHECK(forms({"http://www.example.com/"}) == Texts{"http://www.example.com/"});
  CHECK(forms({"http:\\\\www.example.com?a"}) ==
        Texts{"http:\\\\www.example.com?a", "http://www.example.com/?a"});
  CHECK(forms({"http://ex%61mple.com/%20%41"}) ==
        Texts{"http://ex%61mple.com/%20%41", "http://example.com/%20A"});
  CHECK(forms({"http://u:p@example.com:80/"}) ==
        Texts{"http://u:p@example.com:80/", "http://example.com/"});
  CHECK(forms({"http://0x7f.1.010.3/"}) == Texts{"http://0x7f.1.010.3/", "http://127.1.8.3/"});
  CHECK(forms({"http://2130706433/"}) == Texts{"http://2130706433/", "http://127.0.0.1/"});
  CHECK(forms({"http://word/a"}) == Texts{"http://word/a", "http://www.word.com/a"});
  CHECK(forms({"http://example.com/a&#46;b&#x2e;c"}) ==
        Texts{"http://example.com/a&#46;b&#x2e;c", "http://example.com/a.b.c"});
  CHECK(forms({"http://a.example.com/?u=http://b.example.org/&x"}) ==
        Texts{"http://a.example.com/?u=http://b.example.org/&x", "http://b.example.org/"});
  CHECK(forms({"//h/p"}) == Texts{"//h/p", "http:////h/p"});
  CHECK(forms({"mailto:%20ann@example.com?subject=x"}) ==
        Texts{"mailto:%20ann@example.com?subject=x", "mailto:%20ann@example.com",
              "mailto:ann@example.com"});
  CHECK(forms({"#top"}) == Texts{"#top"});
}

TEST_CASE("canonical_forms: hosts beyond ASCII, octets and characters", "[antispam][uri]") {
  CHECK(forms({"http://\xC3\xBC.example.com/", false}) == Texts{"http://\xC3\xBC.example.com/"});
  CHECK(forms({"http://\xC3\xBC.example.com/", true}) ==
        Texts{"http://\xC3\xBC.example.com/", "http://\xC3\x83\xC2\xBC.example.com/"});
}

TEST_CASE("canonical_forms: a chain of redirectors has an end", "[antispam][uri][security]") {
  std::string uri;
  for (int i = 0; i < 600; ++i) uri += "http://a.example.com/";
  CHECK(forms({uri}).size() == 65);
}

// All rows were checked with SpamAssassin's _process_text_uri_list.
TEST_CASE("find_uris: in text", "[antispam][uri]") {
  CHECK(found("see http://example.com/a(b), or www.example.org.\n") ==
        Texts{"http://example.com/a(b", "http://www.example.org"});
  CHECK(found("(http://example.com/a)b\n") == Texts{"http://example.com/a"});
  CHECK(found("write to <ann@example.com>, mailto:bob@example.org?x\n") ==
        Texts{"mailto:ann@example.com", "mailto:bob@example.org?x"});
  CHECK(found("example.com/x example.com:80 example.comx a.example.co.uk. x@y\n") ==
        Texts{"http://example.com/x", "http://example.com:80", "http://a.example.co.uk"});
  CHECK(found("cid:image001.png@01D4986E.com nothing.invalid http://\n").empty());
  CHECK(found("\x1b(Bhttp://example.com\x1b(B\n") == Texts{"http://example.com"});
}

TEST_CASE("find_uris: types, hosts, and HTML with text", "[antispam][uri]") {
  const World world;
  HtmlResults html;
  html.links.push_back({{"http://www.example.com/"}, {"a"}, {{"here"}, {"here"}, {"there"}}});
  html.links.push_back({{"relative"}, {"img"}, {}});
  const std::vector<const HtmlResults*> parts = {&html};
  const Texts body = {"http://www.example.com/ and example.org\n"};
  const Texts signatures = {"v=1; d=Example . net; s=x"};
  const auto uris = find_uris(body, parts, signatures, world.environment).uris;
  REQUIRE(uris.size() == 4);
  CHECK(uris[0].types == std::set<std::string>{"a", "parsed"});
  CHECK(uris[0].anchor_texts.size() == 2);
  CHECK(uris[0].hosts ==
        std::vector<std::pair<std::string, std::string>>{{"www.example.com", "example.com"}});
  CHECK(uris[1].types == std::set<std::string>{"parsed", "schemeless", "unlinked"});
  CHECK(uris[2].uri.bytes == "relative");
  CHECK(uris[3].uri.bytes == "domainkeys:Example.net");
  CHECK(uris[3].cleaned.empty());
}

TEST_CASE("find_uris: long URIs are cut", "[antispam][uri]") {
  const World world;
  HtmlResults html;
  html.links.push_back({{"http://example.com/" + std::string(9000, 'x')}, {"a"}, {}});
  const std::vector<const HtmlResults*> parts = {&html};
  const auto uris = find_uris({}, parts, {}, world.environment).uris;
  REQUIRE(uris.size() == 1);
  CHECK(uris[0].truncated);
  CHECK(uris[0].cleaned[0].bytes.size() == max_uri_size);
}

TEST_CASE("find_uris: filling the limit up hides no host", "[antispam][uri][security]") {
  const World world;
  HtmlResults html;
  for (int i = 0; i < 5'000; ++i) {
    html.links.push_back(
        {{"http://example.com/" + std::to_string(i) + std::string(8'000, 'x')}, {"a"}, {}});
  }
  html.links.push_back({{"http://www.hidden.org/page"}, {"a"}, {}});
  const std::vector<const HtmlResults*> parts = {&html};
  const FoundUris found = find_uris({}, parts, {}, world.environment);
  CHECK(found.is_over_limit);
  CHECK(found.uris.size() < 5'000);
  CHECK(found.uris.back().hosts ==
        std::vector<std::pair<std::string, std::string>>{{"www.hidden.org", "hidden.org"}});
}

TEST_CASE("find_uris: many texts for one link take no time", "[antispam][uri][security]") {
  const World world;
  HtmlResults html;
  html.links.push_back({{"http://example.com/"}, {"a"}, {}});
  for (int i = 0; i < 50'000; ++i) {
    html.links.back().anchor_texts.push_back({std::to_string(1'000'000 + i)});
  }
  const std::vector<const HtmlResults*> parts = {&html};
  const std::clock_t start = std::clock();
  CHECK(find_uris({}, parts, {}, world.environment).uris.front().anchor_texts.size() == 50'000);
  CHECK(std::clock() - start < 2 * CLOCKS_PER_SEC);  // each compared with all takes 10 s
}

}  // namespace
}  // namespace postern::antispam
