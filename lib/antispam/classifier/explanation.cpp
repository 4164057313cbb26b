#include "lib/antispam/classifier/explanation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "lib/antispam/classifier/features.hpp"
#include "lib/antispam/classifier/model.hpp"

namespace postern::antispam {
namespace {

constexpr const char* header_grams = "the wording of the header";
constexpr const char* body_grams = "the wording of the body";

/// Printable, cut at the end of a character.
std::string quotable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool starts_character = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (out.size() >= max_quoted_octets && starts_character) return out + "...";
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out += is_control || c == '"' ? ' ' : c;
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + quotable(text) + '"';
}

std::string text_of(const NamedFeature& feature) {
  const std::string what = quotable(feature.context);
  switch (feature.kind) {
    case FeatureKind::body_word: return "word " + in_quotes(feature.text);
    case FeatureKind::body_pair:
      return "words " + in_quotes(feature.text) + " and " + in_quotes(feature.second);
    case FeatureKind::subject_word: return "Subject has " + in_quotes(feature.text);
    case FeatureKind::header_word: return what + " has " + in_quotes(feature.text);
    case FeatureKind::header_pair:
      return what + " has " + in_quotes(feature.text) + " and " + in_quotes(feature.second);
    case FeatureKind::link: return what + ' ' + in_quotes(feature.text);
    case FeatureKind::structure: return what + ": " + quotable(feature.text);
    case FeatureKind::hidden_word: return "hidden word " + in_quotes(feature.text);
    case FeatureKind::field_order:
      return feature.second.empty()
                 ? "field " + in_quotes(feature.text)
                 : "field " + in_quotes(feature.second) + " after " + in_quotes(feature.text);
    case FeatureKind::shape: return "form of " + what + ": " + in_quotes(feature.text);
    case FeatureKind::header_gram: return header_grams;
    case FeatureKind::body_gram: return body_grams;
  }
  return {};
}

/// Log-odds by slot, and the sums of grams by what they are called.
struct Weights {
  std::unordered_map<Slot, double> by_slot;
  std::map<std::string, double> sums;
};

Weights weigh(const Features& features, const CellSource& source, const PersonalModel* own) {
  Weights weights;
  const std::vector<double> each = contributions(features, read_cells(features, source));
  std::size_t i = 0;
  for (std::size_t family = 0; family < feature_families; ++family) {
    const auto kind = static_cast<FeatureFamily>(family);
    for (const Slot slot : features.lists[family]) {
      const double weight = each[i++];
      if (kind == FeatureFamily::header_gram || kind == FeatureFamily::body_gram) {
        weights.sums[kind == FeatureFamily::header_gram ? header_grams : body_grams] += weight;
      } else {
        const bool is_personal = own != nullptr && kind == FeatureFamily::single;
        weights.by_slot[slot] = weight + (is_personal ? own->weight_of(slot) : 0);
      }
    }
  }
  return weights;
}

}  // namespace

std::vector<ClassifierReason> explain(RenderedMessage& message, const CellSource& source,
                                      std::size_t count, const PersonalModel* own) {
  std::vector<NamedFeature> names;
  const Features features = read_features(message, &names);
  const Weights weights = weigh(features, source, own);
  std::vector<ClassifierReason> reasons;
  for (const auto& [text, sum] : weights.sums) {
    if (sum != 0) reasons.push_back({text, sum});
  }
  for (const NamedFeature& name : names) {
    const auto found = weights.by_slot.find(name.slot);
    if (found != weights.by_slot.end() && found->second != 0) {
      reasons.push_back({text_of(name), found->second});
    }
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) {
    return std::fabs(a.log_odds) > std::fabs(b.log_odds);
  });
  if (reasons.size() > count) reasons.resize(count);
  return reasons;
}

}  // namespace postern::antispam
