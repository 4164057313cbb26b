// A set of words that is asked with views and changed only while a configuration is read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace postern::antispam {

struct WordHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view word) const noexcept {
    return std::hash<std::string_view>{}(word);
  }
};

using Words = std::unordered_set<std::string, WordHash, std::equal_to<>>;

}  // namespace postern::antispam
