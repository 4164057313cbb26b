// Gathers features of one message, each once.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/classifier/feature.hpp"

namespace postern::antispam {

class FeatureCollector {
 public:
  /// \param names  Gets what each feature but grams was made of; nullptr: nobody asks.
  explicit FeatureCollector(std::vector<NamedFeature>* names = nullptr);

  /// All runs of four octets in the first `max_octets`.
  void add_grams(FeatureFamily family, std::string_view text, std::size_t max_octets);
  /// \param hash     Of what makes the feature, see hash_text(); `kind` becomes part of it.
  /// \param context  And the rest: for people.
  void add(FeatureKind kind, std::uint64_t hash, std::string_view context, std::string_view text,
           std::string_view second = {});

  [[nodiscard]] Features take() { return std::move(features_); }

 private:
  /// False: it is there, or there is no room.
  bool insert(Slot slot, FeatureFamily family);

  Features features_;
  std::vector<Slot> table_;  ///< Open addressing; slot + 1, 0 is empty.
  std::vector<NamedFeature>* names_;
};

/// FNV-1a, with ASCII letters as small ones.
[[nodiscard]] std::uint64_t hash_text(std::string_view text, std::uint64_t basis);
[[nodiscard]] std::uint64_t hash_text(std::string_view text);
/// Order matters.
[[nodiscard]] std::uint64_t combine(std::uint64_t a, std::uint64_t b);

}  // namespace postern::antispam
