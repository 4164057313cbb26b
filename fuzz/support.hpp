// What fuzz targets share: how a broken invariant ends the program, and the input in other forms.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ascii.hpp"

namespace postern::fuzz {

/// Ends the program, which libFuzzer reports with the input, unless the invariant holds.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// The input as text. The view borrows.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Whether `part` is a view into `text`.
inline bool is_inside(std::string_view part, std::string_view text) {
  return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

inline bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), ascii::is_printable);
}

/// One line more than there are line feeds.
inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == text.npos) return lines;
    text.remove_prefix(end + 1);
  }
}

/// The input in few letters, so that structure is found sooner.
inline std::string in_letters(std::string_view bytes, std::string_view alphabet) {
  std::string text(bytes);
  for (char& c : text) c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
  return text;
}

/// Each octet becomes a word of a grammar, so that most inputs are nearly what the parser accepts.
template <std::size_t N>
std::string in_words(std::string_view bytes, const std::string_view (&words)[N]) {
  std::string text;
  for (const char c : bytes) text += words[static_cast<unsigned char>(c) % N];
  return text;
}

}  // namespace postern::fuzz
