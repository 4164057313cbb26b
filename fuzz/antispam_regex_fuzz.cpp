// Any pattern and text: what matches has one of the literals that the pattern is said to require,
// and nothing that a pattern does takes long or leaves its text.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/antispam/engine/count_matches.hpp"
#include "lib/antispam/engine/literal_prefilter.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "lib/io/pcre2/perl_syntax.hpp"

namespace {

using namespace postern;
using fuzz::require;

constexpr std::string_view words[] = {
    "abc", "(",     ")",   "|",   "(?:",   "(?i)",      "[",    "]",    "[^",
    "\\s", "\\b",   "?",   "*",   "+",     "{2}",       "{,3}", "{1,}", ".",
    "xyz", "\\x41", "(?=", "(?!", "(?<N>", "\\1",       "-",    "\xE9", "\xC9",
    "\n",  " ",     "^",   "$",   "(?aa)", "[:alpha:]", "\\d",  "12",   "ABC"};

void check(std::string_view pattern, std::string_view text) {
  const auto regex = io::Pcre2Compiler().compile(pattern);
  if (!regex) return;
  const std::vector<std::string_view> lines = {"", text, text.substr(text.size() / 2)};
  const antispam::FirstLines first = antispam::LiteralPrefilter({pattern}).first_lines(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const antispam::RegexMatch match = (*regex)->find(lines[i]);
    // With a deadline a search that needs many steps goes another way.
    antispam::Deadline never;
    const antispam::RegexMatch timed = (*regex)->find(lines[i], 0, false, &never);
    const bool gave_up = match.outcome == antispam::RegexMatch::Outcome::limit ||
                         timed.outcome == antispam::RegexMatch::Outcome::limit;
    require(gave_up || (timed.outcome == match.outcome && timed.begin == match.begin &&
                        timed.end == match.end));
    if (!match) continue;
    require(first.front() <= i);
    require(match.end <= lines[i].size());
  }
  antispam::Deadline deadline;
  const auto count = antispam::count_matches(**regex, lines, {true, 0}, deadline);
  require(count.count <= 3 * text.size() + 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size).substr(0, 512);
  const std::size_t cut = input.find('\0');
  const std::string_view pattern = input.substr(0, cut);
  const std::string_view text = cut == input.npos ? input : input.substr(cut + 1);
  check(pattern, text);
  const std::string composed = fuzz::in_words(pattern, words);
  check(composed, fuzz::in_words(text, words));
  check(composed, text);
  return 0;
}
