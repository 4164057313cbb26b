// Features of where a message leads to.
#include <algorithm>
#include <string>

#include "lib/antispam/classifier/feature_sources.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_path_words = 20;
constexpr std::size_t max_anchor_words = 10;
constexpr std::size_t max_anchors = 3;  ///< Of one link.
constexpr std::size_t max_hosts = 4;    ///< Of one link.
constexpr std::size_t max_path_shape = 30;

void add_host(FeatureCollector& features, std::string_view host, std::string_view domain) {
  add_fact(features, FeatureKind::link, "link to", host);
  add_fact(features, FeatureKind::link, "link to domain", domain);
  const std::size_t dot = host.rfind('.');
  if (dot != host.npos) add_fact(features, FeatureKind::link, "link to", host.substr(dot));
  std::vector<HashedWord> words;
  append_words(words, host, max_path_words);
  add_words(features, {FeatureKind::link, FeatureKind::link, "name of host", 1}, words);
}

void add_path(FeatureCollector& features, std::string_view uri) {
  const std::size_t scheme_end = uri.find("//");
  const std::size_t slash = uri.find('/', scheme_end == uri.npos ? 0 : scheme_end + 2);
  if (slash == uri.npos) return;
  const std::string_view path = uri.substr(slash);
  std::vector<HashedWord> words;
  append_words(words, path, max_path_words);
  add_words(features, {FeatureKind::link, FeatureKind::link, "path of link", 1}, words);
  add_fact(features, FeatureKind::shape, "path of link", shape_of(path, max_path_shape));
}

void add_link(FeatureCollector& features, const MessageUri& link) {
  for (const std::string& type : link.types) {
    add_fact(features, FeatureKind::link, "link found in", type);
  }
  for (std::size_t i = 0; i < std::min(link.hosts.size(), max_hosts); ++i) {
    add_host(features, link.hosts[i].first, link.hosts[i].second);
  }
  const std::string_view uri = link.uri.bytes;
  add_fact(features, FeatureKind::link, "scheme of link",
           uri.substr(0, std::min<std::size_t>(uri.find(':'), 24)));
  add_path(features, uri);
  for (std::size_t i = 0; i < std::min(link.anchor_texts.size(), max_anchors); ++i) {
    std::vector<HashedWord> words;
    append_words(words, link.anchor_texts[i].bytes, max_anchor_words);
    add_words(features, {FeatureKind::link, FeatureKind::link, "text of link", 1}, words);
  }
}

}  // namespace

void add_link_features(FeatureCollector& features, RenderedMessage& message) {
  const std::vector<MessageUri>& links = message.uri_details();
  for (std::size_t i = 0; i < std::min(links.size(), max_links); ++i) {
    add_link(features, links[i]);
  }
  add_amount(features, "links", static_cast<double>(links.size()));
}

}  // namespace postern::antispam
