// The parts of a message that features are made of; see features.hpp.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "lib/antispam/classifier/feature_collector.hpp"
#include "lib/antispam/classifier/message_words.hpp"
#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

/// Words by themselves, and in pairs with those up to `window` - 1 words behind.
struct WordRun {
  FeatureKind single, pair;
  std::string_view context;  ///< Part of the hash.
  std::size_t window;        ///< 1: no pairs.
};
void add_words(FeatureCollector& features, const WordRun& run, std::span<const HashedWord> words);
/// A feature that is a text.
void add_fact(FeatureCollector& features, FeatureKind kind, std::string_view what,
              std::string_view value);
/// A feature that is a number, as one of few sizes: each about 1.7 times the one below.
void add_amount(FeatureCollector& features, std::string_view what, double amount);
/// A feature that is a share, in steps of 5 %.
void add_share(FeatureCollector& features, std::string_view what, std::size_t part,
               std::size_t whole);

void add_header_features(FeatureCollector& features, RenderedMessage& message);
void add_link_features(FeatureCollector& features, RenderedMessage& message);
void add_structure_features(FeatureCollector& features, RenderedMessage& message);
void add_body_features(FeatureCollector& features, RenderedMessage& message);

}  // namespace postern::antispam
