#include "lib/antispam/classifier/features.hpp"

#include <cmath>
#include <string>

#include "lib/antispam/classifier/feature_sources.hpp"

namespace postern::antispam {

void add_words(FeatureCollector& features, const WordRun& run, std::span<const HashedWord> words) {
  const std::uint64_t context = hash_text(run.context);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint64_t first = combine(context, words[i].masked);
    features.add(run.single, first, run.context, words[i].text);
    for (std::size_t d = 1; d < run.window && i + d < words.size(); ++d) {
      features.add(run.pair, combine(combine(first, words[i + d].masked), d), run.context,
                   words[i].text, words[i + d].text);
    }
  }
}

void add_fact(FeatureCollector& features, FeatureKind kind, std::string_view what,
              std::string_view value) {
  features.add(kind, combine(hash_text(what), hash_text(value)), what, value);
}

void add_amount(FeatureCollector& features, std::string_view what, double amount) {
  constexpr double step = 1.7;
  constexpr int most = 40;
  const double size = std::isfinite(amount) ? std::fabs(amount) : 0;
  int bucket = 0;
  for (double edge = 1; edge <= size && bucket < most; edge *= step) ++bucket;
  add_fact(features, FeatureKind::structure, what, std::to_string(bucket));
}

void add_share(FeatureCollector& features, std::string_view what, std::size_t part,
               std::size_t whole) {
  constexpr std::size_t steps = 20;
  add_fact(features, FeatureKind::structure, what,
           whole == 0 ? std::string("none") : std::to_string(part * steps / whole));
}

Features read_features(RenderedMessage& message, std::vector<NamedFeature>* names) {
  FeatureCollector features(names);
  // What is rarest in number comes first: should there be too many features, the words of a long
  // text are the ones that are left out.
  add_structure_features(features, message);
  add_header_features(features, message);
  add_link_features(features, message);
  add_body_features(features, message);
  return features.take();
}

}  // namespace postern::antispam
