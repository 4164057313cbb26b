#include "lib/antispam/classifier/features.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "lib/antispam/classifier/feature_collector.hpp"
#include "lib/antispam/classifier/message_words.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/antispam/message/plain_environment.hpp"

namespace postern::antispam {
namespace {

const std::string plain =
    "From: Ann <ann@mail.example.org>\nTo: bob@example.com\nSubject: Lunch today\n"
    "Date: Mon, 30 Nov 2026 12:00:00 +0100\n\nShall we meet for lunch at "
    "http://cafe.example.org/x?\n";

Features features_of(const std::string& text, std::vector<NamedFeature>* names = nullptr) {
  const PlainEnvironment environment;
  RenderedMessage message(text, environment.render);
  return read_features(message, names);
}

bool has(const std::vector<NamedFeature>& names, FeatureKind kind, std::string_view context,
         std::string_view text) {
  return std::any_of(names.begin(), names.end(), [&](const NamedFeature& name) {
    return name.kind == kind && name.context == context && name.text == text;
  });
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<HashedWord> words;
  append_words(words, text, 100);
  std::vector<std::string> texts;
  for (const HashedWord& word : words) texts.emplace_back(word.text);
  return texts;
}

TEST_CASE("append_words: words and their ends", "[antispam]") {
  CHECK(words_in("It's -only- $5, R\xC3\xA9sum\xC3\xA9! --") ==
        std::vector<std::string>{"It's", "only", "$5", "R\xC3\xA9sum\xC3\xA9!"});
  CHECK(words_in("").empty());
}

TEST_CASE("append_words: case does not count, digits may not", "[antispam]") {
  std::vector<HashedWord> words;
  append_words(words, "Offer oFFER a12 a34", 100);
  CHECK(words[0].hash == words[1].hash);
  CHECK(words[2].hash != words[3].hash);
  CHECK(words[2].masked == words[3].masked);
  CHECK_FALSE(words[0].has_digits());
}

TEST_CASE("append_words: of long words the start and about the length", "[antispam]") {
  std::vector<HashedWord> words;
  append_words(words, "abcdefgh" + std::string(20, 'x') + " abcdefgh" + std::string(21, 'y'), 100);
  CHECK(words[0].hash == words[1].hash);
}

TEST_CASE("shape_of: what a value looks like", "[antispam]") {
  CHECK(shape_of("Re: 25 Offers!!") == "Aa: 9 Aa!!");
  CHECK(shape_of("\xC3\xA9t\xC3\xA9") == "uau");
  CHECK(shape_of(std::string(100, '!')).size() == 40);
}

TEST_CASE("read_features: what they are made of", "[antispam]") {
  std::vector<NamedFeature> names;
  const Features features = features_of(plain, &names);
  CHECK(names.size() == features.counted());
  CHECK(has(names, FeatureKind::body_word, "", "meet"));
  CHECK(has(names, FeatureKind::body_pair, "", "meet"));
  CHECK(has(names, FeatureKind::subject_word, "subject", "Lunch"));
  CHECK(has(names, FeatureKind::header_word, "host of from", "mail.example.org"));
  CHECK(has(names, FeatureKind::header_word, "host of from", ".example.org"));
  CHECK(has(names, FeatureKind::shape, "time zone", "+0100"));
  CHECK(has(names, FeatureKind::link, "link to domain", "example.org"));
  CHECK(has(names, FeatureKind::structure, "part", "text/plain"));
  CHECK_FALSE(features.of(FeatureFamily::header_gram).empty());
  CHECK_FALSE(features.of(FeatureFamily::body_gram).empty());
}

TEST_CASE("read_features: the same every time", "[antispam]") {
  CHECK(features_of(plain) == features_of(plain));
}

TEST_CASE("read_features: fields of deliveries and other filters say nothing", "[antispam]") {
  const std::string delivered =
      "Return-Path: <x@example.org>\nDelivered-To: bob\nX-Spam-Status: Yes, score=9\n"
      "X-Postern-Verdict: spam\nAuthentication-Results: mx; spf=fail\nX-Bogosity: Spam\n";
  std::vector<NamedFeature> names;
  (void)features_of(delivered + plain, &names);
  for (const NamedFeature& name : names) {
    CHECK(name.text.find("X-") == std::string::npos);
    CHECK(name.context != "return-path");
    CHECK(name.context != "authentication-results");
  }
}

TEST_CASE("read_features: hidden words are no visible ones", "[antispam]") {
  std::vector<NamedFeature> names;
  (void)features_of(
      "Content-Type: text/html\n\n<html><body bgcolor=white>shown"
      "<font color=white>concealed</font></body></html>\n",
      &names);
  CHECK(has(names, FeatureKind::body_word, "", "shown"));
  CHECK(has(names, FeatureKind::hidden_word, "hidden", "concealed"));
  CHECK_FALSE(has(names, FeatureKind::body_word, "", "concealed"));
}

TEST_CASE("read_features: a flood of words is bounded", "[antispam][security]") {
  std::string flood = plain;
  for (int i = 0; i < 100'000; ++i) flood += "w" + std::to_string(i * 7919) + "x ";
  const Features features = features_of(flood);
  CHECK(features.of(FeatureFamily::pair).size() <= 5 * max_body_words);
  CHECK(features.of(FeatureFamily::body_gram).size() <= max_body_gram_octets);
  CHECK(features.size() < features_of(plain).size() + 6 * max_body_words + max_body_gram_octets);
}

TEST_CASE("read_features: a flood of fields and links is bounded", "[antispam][security]") {
  std::string flood;
  for (int i = 0; i < 5'000; ++i) {
    flood += "X-F" + std::to_string(i) + ": a b c d e f g h\n";
  }
  flood += "\n";
  for (int i = 0; i < 5'000; ++i) flood += "http://h" + std::to_string(i) + ".example.org/\n";
  const Features features = features_of(flood);
  for (const auto& list : features.lists) CHECK(list.size() <= max_listed_features);
  CHECK(features.of(FeatureFamily::single).size() < 6'000);
}

TEST_CASE("read_features: an empty message has few features", "[antispam]") {
  CHECK(features_of("").size() < 60);
  CHECK(features_of("\n\n").size() < 60);
}

TEST_CASE("FeatureCollector: each slot stands in one list", "[antispam]") {
  FeatureCollector collector;
  collector.add(FeatureKind::link, hash_text("a"), "", "a");
  collector.add(FeatureKind::link, hash_text("A"), "", "A");
  collector.add_grams(FeatureFamily::body_gram, "aaaaaaaa", 100);
  const Features features = collector.take();
  CHECK(features.of(FeatureFamily::single).size() == 1);
  CHECK(features.of(FeatureFamily::body_gram).size() == 1);
}

}  // namespace
}  // namespace postern::antispam
