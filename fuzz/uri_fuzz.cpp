// Any octets as text, as links, and as signatures: every form is bounded, and each stands once.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/charsets.hpp"
#include "fuzz/support.hpp"
#include "lib/antispam/uri/find_uris.hpp"
#include "lib/antispam/uri/text_uris.hpp"

using namespace postern;
using namespace postern::antispam;
using fuzz::require;

namespace {

Options some_options() {
  Options options;
  options.tlds = {"com", "uk", "us"};
  options.two_level_tlds = {"co.uk"};
  return options;
}

void check(const MessageUri& uri) {
  std::set<std::pair<std::string, bool>> seen;
  for (const PerlString& form : uri.cleaned) {
    require(form.is_characters || form.bytes.size() <= max_uri_size);
    require(seen.emplace(form.bytes, form.is_characters).second || uri.truncated);
    require(form.bytes.find('\n') == form.bytes.npos);
  }
  for (const auto& [host, domain] : uri.hosts) {
    require(!domain.empty() && domain.size() <= host.size());
    require(host.ends_with(domain));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Options options = some_options();
  static const RegistryBoundaries boundaries(options);
  static const std::vector<const Regex*> redirectors;
  static const fuzz::NoCharsets charsets;
  const RenderEnvironment environment{options, boundaries, redirectors, charsets};
  const std::string_view text = fuzz::text_of(data, size);
  for (const TextUri& uri : text_uris(text, boundaries)) {
    require(fuzz::is_inside(uri.text, text) && !uri.text.empty());
  }
  HtmlResults html;
  html.links.push_back({{std::string(text), false}, {"a"}, {}});
  html.links.push_back({{upgraded(text), true}, {"img"}, {{"text"}}});
  const std::vector<const HtmlResults*> parts = {&html};
  const std::vector<std::string> lines = {std::string(text)};
  for (const MessageUri& uri : find_uris(lines, parts, lines, environment).uris) check(uri);
  return 0;
}
