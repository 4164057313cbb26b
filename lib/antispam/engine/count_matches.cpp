#include "lib/antispam/engine/count_matches.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t work_of_a_search = 64;  // octets that an empty line stands for

void keep_captures(const Regex& regex, std::string_view line, std::size_t begin, Deadline& deadline,
                   NamedCaptures& captures) {
  const RegexMatch match = regex.find_groups(line, begin, &deadline);
  for (const auto& [name, number] : regex.names()) {
    if (!match || number > match.groups.size()) continue;
    const auto [from, to] = match.groups[number - 1];
    if (from != std::string_view::npos && to > from) {
      captures.emplace_back(name, line.substr(from, to - from));
    }
  }
}

}  // namespace

MatchCount count_matches(const Regex& regex, std::span<const std::string_view> lines,
                         const CountFlags& flags, Deadline& deadline, NamedCaptures* captures) {
  MatchCount result;
  for (const std::string_view line : lines) {
    std::size_t from = 0;
    bool after_empty = false;
    while (true) {
      RegexMatch match{RegexMatch::Outcome::limit};
      if (!deadline.is_over(line.size() + work_of_a_search)) {
        match = regex.find(line, from, after_empty, &deadline);
      }
      if (match.outcome == RegexMatch::Outcome::limit) {
        result.over_limit = true;  // the next line would cost as much
        return result;
      }
      if (!match) break;
      ++result.count;
      if (captures != nullptr) keep_captures(regex, line, match.begin, deadline, *captures);
      if (!flags.multiple || result.count == flags.maxhits) return result;
      from = match.end;
      after_empty = match.begin == match.end;
    }
  }
  return result;
}

}  // namespace postern::antispam
