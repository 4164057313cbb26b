#include "lib/antispam/report/tags.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace postern::antispam {
namespace {

/// SpamAssassin whose rules and headers these are.
constexpr std::string_view emulated_version = "4.0.1";
constexpr int max_stars = 50;

/// What stands in the brackets of _NAME(ARGUMENT)_; nothing: no brackets.
using Argument = std::optional<std::string_view>;

std::string_view or_else(Argument argument, std::string_view fallback) {
  // An empty argument, and "0", are false in Perl.
  return argument && !argument->empty() && *argument != "0" ? *argument : fallback;
}

std::string yes_or_no(const TagSource& source, Argument argument) {
  std::string_view spam = "Yes";
  std::string_view ham = "No";
  if (argument) {
    const std::size_t comma = argument->find(',');
    spam = argument->substr(0, comma);
    if (comma != std::string_view::npos) {
      ham = argument->substr(comma + 1);
    }
  }
  return std::string(source.verdict.is_spam() ? spam : ham);
}

std::string upper(std::string text) {
  for (char& c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

std::string padded_score(const TagSource& source, Argument pad) {
  constexpr std::size_t shortest = 3;  // "0.0"
  std::string score = shown_score(source.verdict);
  const bool is_pad = pad && !pad->empty() && ((*pad)[0] == '0' || (*pad)[0] == ' ') &&
                      pad->find_first_not_of((*pad)[0]) == std::string_view::npos;
  if (is_pad && pad->size() + shortest > score.size()) {
    const std::size_t missing = std::min(pad->size(), pad->size() + shortest - score.size());
    score.insert(0, missing, (*pad)[0]);
  }
  return score;
}

std::string stars(const TagSource& source, Argument argument) {
  const std::string_view star = or_else(argument, "*");
  const int count =
      static_cast<int>(std::clamp(std::trunc(source.verdict.score), 0.0, 1.0 * max_stars));
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += star;
  }
  return out;
}

std::string or_none(std::string text) {
  return text.empty() ? "none" : text;
}

std::string tests(const TagSource& source, Argument separator) {
  return or_none(test_names(source.verdict, or_else(separator, ",")));
}

std::string tests_with_scores(const TagSource& source, Argument separator) {
  std::vector<std::string> parts;
  for (const ReportedHit& hit : source.verdict.hits) {
    parts.push_back(hit.name + "=" + plain_number(hit.score));
  }
  std::sort(parts.begin(), parts.end());
  return or_none(fmt::format("{}", fmt::join(parts, or_else(separator, ","))));
}

std::string subtests(const TagSource& source, Argument separator) {
  std::vector<std::string> names = source.verdict.subrules;
  std::sort(names.begin(), names.end());
  return or_none(fmt::format("{}", fmt::join(names, or_else(separator, ","))));
}

std::string bayes(const TagSource& source, Argument) {
  const auto& probability = source.verdict.bayes_probability;
  return probability ? fmt::format("{:.4f}", *probability) : "0.5";
}

std::string hostname(const TagSource& source, Argument) {
  return source.options.report_hostname.empty() ? source.hostname : source.options.report_hostname;
}

std::string header(const TagSource& source, Argument name) {
  return name && !name->empty() && source.header ? source.header(*name) : std::string();
}

struct Tag {
  std::string_view name;
  std::string (*value)(const TagSource& source, Argument argument);
};

constexpr std::array common_tags = {
    Tag{"YESNO", yes_or_no},
    Tag{"YESNOCAPS", [](const TagSource& s, Argument a) { return upper(yes_or_no(s, a)); }},
    Tag{"SCORE", padded_score},
    Tag{"HITS", padded_score},
    Tag{"REQD", [](const TagSource& s, Argument) { return shown_required(s.verdict); }},
    Tag{"VERSION", [](const TagSource&, Argument) { return std::string(emulated_version); }},
    Tag{"SUBVERSION", [](const TagSource& s, Argument) { return s.subversion; }},
    Tag{"HOSTNAME", hostname},
    Tag{"REMOTEHOSTNAME", [](const TagSource& s, Argument) { return s.remote_hostname; }},
    Tag{"REMOTEHOSTADDR", [](const TagSource& s, Argument) { return s.remote_address; }},
    Tag{"CONTACTADDRESS", [](const TagSource& s, Argument) { return s.options.report_contact; }},
    Tag{"BAYES", bayes},
    Tag{"DATE", [](const TagSource& s, Argument) { return s.date; }},
    Tag{"STARS", stars},
    Tag{"AUTOLEARN", [](const TagSource& s, Argument) { return s.verdict.autolearn; }},
    Tag{"TESTS", tests},
    Tag{"SUBTESTS", subtests},
    Tag{"SUBTESTSCOLLAPSED", subtests},  // names come once here
    Tag{"TESTSSCORES", tests_with_scores},
    Tag{"PREVIEW", [](const TagSource& s, Argument) { return content_preview(s); }},
    Tag{"REPORT", [](const TagSource& s, Argument) { return "\n" + hit_report(s); }},
    Tag{"SUMMARY", [](const TagSource& s, Argument) { return hit_summary(s); }},
    Tag{"SUBJPREFIX", [](const TagSource& s, Argument) { return s.verdict.subject_prefix; }},
    Tag{"HEADER", header},
    Tag{"TIMING", [](const TagSource&, Argument) { return std::string(); }},
};

std::optional<std::string> tag_value(std::string_view name, Argument argument,
                                     const TagSource& source) {
  const auto* common = std::find_if(common_tags.begin(), common_tags.end(),
                                    [name](const Tag& tag) { return tag.name == name; });
  if (common != common_tags.end()) {
    return common->value(source, argument);
  }
  if (const auto own = source.verdict.tags.find(name); own != source.verdict.tags.end()) {
    return own->second;
  }
  return std::nullopt;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_tag_character(char c) {
  return is_upper(c) || (c >= '0' && c <= '9');
}

/// A tag that begins at the underscore text[0].
struct FoundTag {
  std::string_view name;
  Argument argument;
  std::size_t size = 0;  ///< With both underscores.
};

/// Where a name may end: behind each of its parts, which underscores join.
std::vector<std::size_t> name_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  std::size_t i = 1;
  if (i >= text.size() || !is_upper(text[i])) {
    return ends;
  }
  while (true) {
    while (i < text.size() && is_tag_character(text[i])) {
      ++i;
    }
    ends.push_back(i);
    if (i + 1 >= text.size() || text[i] != '_' || !is_tag_character(text[i + 1])) {
      return ends;
    }
    ++i;
  }
}

std::optional<FoundTag> read_tag(std::string_view text) {
  const std::vector<std::size_t> ends = name_ends(text);
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {  // the longest name first
    const std::string_view name = text.substr(1, *end - 1);
    const std::string_view rest = text.substr(*end);
    if (rest.starts_with('(')) {
      const std::size_t close = rest.find(")_");
      if (close != std::string_view::npos &&
          rest.substr(0, close).find('\n') == std::string_view::npos) {
        return FoundTag{name, rest.substr(1, close - 1), *end + close + 2};
      }
    } else if (rest.starts_with('_')) {
      return FoundTag{name, std::nullopt, *end + 1};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string replace_tags(std::string_view text, const TagSource& source) {
  std::string out;
  while (!text.empty()) {
    const std::size_t mark = text.find('_');
    out += text.substr(0, mark);
    if (mark == std::string_view::npos) {
      break;
    }
    text.remove_prefix(mark);
    const std::optional<FoundTag> tag = read_tag(text);
    const std::size_t size = tag ? tag->size : 1;
    std::optional<std::string> value;
    if (tag) {
      value = tag_value(tag->name, tag->argument, source);
    }
    out += value ? std::string_view(*value) : text.substr(0, size);
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace postern::antispam
