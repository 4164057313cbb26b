#include "lib/antivirus/outcome.hpp"

#include <array>

namespace postern::antivirus {
namespace {

struct Word {
  Result result;
  std::string_view word;
};
constexpr std::array<Word, 7> words = {{{Result::clean, "clean"},
                                        {Result::skipped, "skipped"},
                                        {Result::macro, "macro"},
                                        {Result::encrypted, "encrypted"},
                                        {Result::unscannable, "unscannable"},
                                        {Result::temperror, "temperror"},
                                        {Result::infected, "infected"}}};

}  // namespace

std::string_view to_word(Result result) {
  for (const Word& word : words) {
    if (word.result == result) return word.word;
  }
  return "";
}

std::optional<Result> parse_result(std::string_view text) {
  for (const Word& word : words) {
    if (word.word == text) return word.result;
  }
  return std::nullopt;
}

std::string printable_name(std::string_view text) {
  std::string name(text.substr(0, max_name_size));
  for (char& c : name) {
    if (c < '!' || c > '~') c = c == ' ' ? ' ' : '?';
  }
  return name;
}

}  // namespace postern::antivirus
