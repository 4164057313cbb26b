// What made a rule hit, in the words of reports: "203.0.113.7 listed in zen.example".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// Texts by rule, in the order in which they were found, each once. One object for a message, in
/// EvalMemory.
class HitDetails {
 public:
  static constexpr std::size_t max_texts = 16;       ///< Of one rule; SpamAssassin has no limit.
  static constexpr std::size_t max_text_size = 512;  ///< Octets; likewise.

  /// \param rule  Its name in the RuleSet, which outlives this object.
  /// \param text  May hold what a peer or a list said; becomes one line.
  void add(std::string_view rule, std::string text);
  [[nodiscard]] const std::vector<std::string>& of(std::string_view rule) const;

 private:
  std::map<std::string_view, std::vector<std::string>> texts_;
};

}  // namespace postern::antispam
