#include "lib/antispam/evals/hit_details.hpp"

#include <algorithm>

namespace postern::antispam {

void HitDetails::add(std::string_view rule, std::string text) {
  constexpr char delete_octet = 0x7f;
  text.resize(std::min(text.size(), max_text_size));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == delete_octet; },
      ' ');
  std::vector<std::string>& texts = texts_[rule];
  const bool is_known = std::find(texts.begin(), texts.end(), text) != texts.end();
  if (!is_known && texts.size() < max_texts) texts.push_back(std::move(text));
}

const std::vector<std::string>& HitDetails::of(std::string_view rule) const {
  static const std::vector<std::string> none;
  const auto found = texts_.find(rule);
  return found == texts_.end() ? none : found->second;
}

}  // namespace postern::antispam
