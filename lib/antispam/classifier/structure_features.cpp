// Features of how a message is built.
#include <algorithm>
#include <string>

#include "lib/antispam/classifier/feature_sources.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_html_parts = 4;
constexpr std::size_t max_html_facts = 200;  ///< Of one part: names of tags are the sender's.
constexpr std::size_t max_value_size = 64;
constexpr double ratio_scale = 20;

void add_part(FeatureCollector& features, const MimeNode& part) {
  const auto fact = [&](std::string_view what, std::string_view value) {
    add_fact(features, FeatureKind::structure, what, value.substr(0, max_value_size));
  };
  fact("part", part.type);
  fact("part and depth", part.type + " " + std::to_string(std::min<std::size_t>(part.depth, 4)));
  fact("charset", part.charset);
  fact("transfer encoding", part.value("Content-Transfer-Encoding"));
  if (!part.boundary.empty()) {
    add_fact(features, FeatureKind::shape, "boundary", shape_of(part.boundary));
  }
  if (part.name.empty()) return;
  const std::size_t dot = part.name.rfind('.');
  if (dot != part.name.npos) fact("file", std::string_view(part.name).substr(dot));
  add_fact(features, FeatureKind::shape, "file name", shape_of(part.name));
}

void add_html(FeatureCollector& features, const HtmlResults& html) {
  std::size_t left = max_html_facts;
  for (const auto& [name, number] : html.numbers) {
    if (left-- == 0) return;
    const bool is_ratio = name.find("ratio") != name.npos;
    add_amount(features, "HTML " + name.substr(0, max_value_size),
               number * (is_ratio ? ratio_scale : 1));
  }
  for (const auto& [tag, inside] : html.inside) {
    if (left-- == 0) return;
    add_fact(features, FeatureKind::structure, "tag",
             std::string_view(tag).substr(0, max_value_size));
  }
}

}  // namespace

void add_structure_features(FeatureCollector& features, RenderedMessage& message) {
  const auto& parts = message.nodes();
  for (std::size_t i = 0; i < std::min(parts.size(), max_parts); ++i) {
    add_part(features, *parts[i]);
  }
  add_amount(features, "parts", static_cast<double>(parts.size()));
  (void)message.body();  // HTML is looked at when the body is made
  const auto& html = message.html();
  for (std::size_t i = 0; i < std::min(html.size(), max_html_parts); ++i) {
    add_html(features, *html[i]);
  }
  add_amount(features, "octets", static_cast<double>(message.full().size()));
}

}  // namespace postern::antispam
