// Features of what a reader sees of a message, and of what is hidden.
#include <algorithm>
#include <string>
#include <vector>

#include "lib/antispam/classifier/feature_sources.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t body_window = 5;
constexpr std::size_t hidden_window = 2;

std::vector<HashedWord> words_of(const std::vector<std::string>& lines, std::size_t max_words) {
  std::vector<HashedWord> words;
  for (const std::string& line : lines) {
    if (words.size() == max_words) break;
    append_words(words, line, max_words);
  }
  return words;
}

/// How the first octets look.
struct Look {
  std::size_t octets = 0, letters = 0, capitals = 0, digits = 0, marks = 0, beyond_ascii = 0;
};

Look look_at(const std::vector<std::string>& lines) {
  Look look;
  for (const std::string& line : lines) {
    for (const char c : line) {
      const bool is_capital = c >= 'A' && c <= 'Z';
      look.capitals += is_capital;
      look.letters += is_capital || (c >= 'a' && c <= 'z');
      look.digits += c >= '0' && c <= '9';
      look.marks += c == '!';
      look.beyond_ascii += static_cast<unsigned char>(c) >= 0x80;
    }
    look.octets += line.size();
    if (look.octets >= max_body_gram_octets) break;
  }
  return look;
}

void add_look(FeatureCollector& features, const Look& look, std::size_t words) {
  add_amount(features, "visible octets", static_cast<double>(look.octets));
  add_amount(features, "visible words", static_cast<double>(words));
  add_amount(features, "exclamation marks", static_cast<double>(look.marks));
  add_share(features, "share of capitals", look.capitals, look.letters);
  add_share(features, "share of digits", look.digits, look.octets);
  add_share(features, "share beyond ASCII", look.beyond_ascii, look.octets);
}

}  // namespace

void add_body_features(FeatureCollector& features, RenderedMessage& message) {
  const std::vector<std::string> visible = message.visible_body();
  const std::vector<std::string> hidden = message.invisible_body();
  const std::vector<HashedWord> words = words_of(visible, max_body_words);
  add_look(features, look_at(visible), words.size());
  // The subject is the first line: as words of the body it also counts where it was learned there.
  add_words(features, {FeatureKind::body_word, FeatureKind::body_pair, "", body_window}, words);
  add_words(features, {FeatureKind::hidden_word, FeatureKind::hidden_word, "hidden", hidden_window},
            words_of(hidden, max_hidden_words));
  features.add_grams(FeatureFamily::body_gram, message.pristine_body(), max_body_gram_octets);
}

}  // namespace postern::antispam
