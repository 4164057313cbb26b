// A message as the classifier sees it: a bounded set of hashed features.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::antispam {

/// Cells of a model. A slot is the upper bits of a feature's hash. Features that meet in one slot
/// are one feature: so a model has a size that no flood of new words makes larger.
inline constexpr unsigned slot_bits = 20;
inline constexpr std::size_t max_slots = std::size_t{1} << slot_bits;
using Slot = std::uint32_t;

/// Part of every hash, hence of every stored cell: they change with `feature_version` only.
enum class FeatureKind : std::uint8_t {
  header_gram,   ///< Four octets of the header as it came.
  body_gram,     ///< Four octets of the body as it came.
  header_word,   ///< With the name of its field.
  subject_word,  ///< Of the subject.
  body_word,     ///< Visible, or of the subject.
  body_pair,     ///< Two words and their distance: orthogonal sparse bigrams.
  header_pair,   ///< The same within one field.
  link,          ///< Host, domain, words of the path, text that leads there.
  structure,     ///< Parts, charsets, encodings, counts, sizes.
  hidden_word,   ///< Not shown to a reader, by colour or size.
  field_order,   ///< Names of fields as written, and which follows which.
  shape,         ///< "Aa 99:99" of a value: letters and digits without what they say.
};

/// Models of other versions know other hashes.
inline constexpr unsigned feature_version = 1;

// Bounds of what is read of a message. Beyond them a flood of words adds nothing; before them
// almost every message ends. A message of the largest size costs about four times what one of
// 4 kB costs.
inline constexpr std::size_t max_header_gram_octets = 4'000;
inline constexpr std::size_t max_body_gram_octets = 3'000;
inline constexpr std::size_t max_body_words = 800;
inline constexpr std::size_t max_hidden_words = 200;
inline constexpr std::size_t max_subject_words = 60;
inline constexpr std::size_t max_field_words = 120;
inline constexpr std::size_t max_fields = 64;  ///< Received fields among them.
inline constexpr std::size_t max_received = 8;
inline constexpr std::size_t max_links = 100;
inline constexpr std::size_t max_parts = 40;
/// Of each list; first come, first kept. The words of a message of 1 MB in 64 full fields would be
/// more.
inline constexpr std::size_t max_listed_features = 8'192;

/// Features that are learned and judged apart: each family has a regression of its own, so that
/// they err differently.
enum class FeatureFamily : std::uint8_t {
  single,       ///< Words, links, structure: what a user's own model knows.
  pair,         ///< Of words.
  header_gram,  ///< Of four octets.
  body_gram,
};
inline constexpr std::size_t feature_families = 4;

/// Each slot stands in one list only, and once.
struct Features {
  std::array<std::vector<Slot>, feature_families> lists;

  [[nodiscard]] const std::vector<Slot>& of(FeatureFamily family) const {
    return lists[static_cast<std::size_t>(family)];
  }
  [[nodiscard]] std::size_t size() const;
  /// Singles and pairs, which the Bayes counts. They come first in slots().
  [[nodiscard]] std::size_t counted() const;
  /// The cells to ask a store for, family by family.
  [[nodiscard]] std::vector<Slot> slots() const;
  bool operator==(const Features&) const = default;
};

/// What a feature was made of, for people.
struct NamedFeature {
  Slot slot = 0;
  FeatureKind kind = FeatureKind::header_word;
  std::string context;  ///< Field, or what is counted; may be empty.
  std::string text;     ///< As it stands in the message: peers' octets.
  std::string second;   ///< Of pairs.
};

}  // namespace postern::antispam
