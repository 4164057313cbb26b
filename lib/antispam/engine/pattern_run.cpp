#include "lib/antispam/engine/pattern_run.hpp"

#include <algorithm>

#include "lib/antispam/engine/literal_prefilter.hpp"
#include "lib/antispam/message/header_decoding.hpp"
#include "lib/antispam/message/mime_node.hpp"

namespace postern::antispam {
namespace {

constexpr unsigned max_parts = 1'000;  // SpamAssassin's, also for the range of mimeheader
constexpr std::uint32_t max_part_hits = 1'000;

std::optional<TextKind> text_kind_of(PatternRule::Source source) {
  switch (source) {
    case PatternRule::Source::header:
    case PatternRule::Source::parts: return std::nullopt;
    case PatternRule::Source::body: return TextKind::body;
    case PatternRule::Source::rawbody: return TextKind::rawbody;
    case PatternRule::Source::uri: return TextKind::uri;
    case PatternRule::Source::full: return TextKind::full;
  }
  return std::nullopt;
}

MatchCount once(bool hits) {
  return {hits ? 1U : 0U, false};
}

bool is_raw(const HeaderKey& key) {
  for (const std::string& modifier : key.modifiers) {
    if (modifier == "raw") return true;
  }
  return false;
}

// Every field of a part. Raw ones lose their folding here, unlike when they are named.
std::string all_fields(const MimeNode& part, bool raw) {
  constexpr std::size_t max_size = 65'536;
  std::string all;
  for (const NodeField& field : part.fields) {
    const std::string value = raw ? unfolded_with_all_space(field.raw) : field.value.bytes + "\n";
    if (all.size() + field.name.size() + value.size() + 2 > max_size) break;
    all.append(field.name).append(": ").append(value);
  }
  return all;
}

// Of one part, as mimeheader rules see it. A raw field that is missing is empty, whatever if-unset
// says.
std::string part_value(const MimeNode& part, const HeaderTest& test) {
  const bool raw = is_raw(test.header);
  if (test.header.name == "ALL") return all_fields(part, raw);
  const NodeField* const field = part.field(test.header.name);
  if (field != nullptr) return raw ? field->raw : field->value.bytes + "\n";
  return raw ? std::string() : test.if_unset.value_or("");
}

// What a mimeheader rule is matched with: a text of each part, or one of all.
std::vector<std::string> part_values(std::span<const MimeNode* const> parts,
                                     const HeaderTest& test) {
  const auto [first, last] = test.part_range.value_or(std::pair<unsigned, unsigned>(0, max_parts));
  std::vector<std::string> values;
  std::string all;
  for (std::size_t i = 1; i <= parts.size() && i <= last; ++i) {
    if (i < first) continue;
    std::string value = part_value(*parts[i - 1], test);
    if (test.concat) {
      all += value;
      if (!value.ends_with('\n')) all += '\n';
    } else {
      values.push_back(std::move(value));
    }
  }
  if (test.concat) values.push_back(std::move(all));
  return values;
}

// To compile a pattern takes longer than to look for what was captured.
bool can_match(std::string_view pattern, std::span<const std::string_view> lines) {
  return LiteralPrefilter({pattern}).first_lines(lines).front() != no_line;
}

}  // namespace

PatternRun::PatternRun(const PatternRules& rules, RuleTexts& texts, Deadline& deadline)
    : rules_(rules), texts_(texts), deadline_(deadline), headers_(rules.headers().size()) {}

MatchCount PatternRun::run(const PatternRule& rule) {
  return rule.source == PatternRule::Source::header ? run_header(rule) : run_text(rule);
}

bool PatternRun::is_ruled_out(const PatternRule& rule) {
  const auto kind = text_kind_of(rule.source);
  return kind && text(*kind).first_lines[rule.place] == no_line;
}

MatchCount PatternRun::count(const PatternRule& rule, std::span<const std::string_view> lines) {
  NamedCaptures captures;
  NamedCaptures* const wanted = rule.has_captures ? &captures : nullptr;
  MatchCount result;
  if (rule.uses_captures) {
    const auto pattern = tags_.fill(rule.pattern);
    if (!pattern || !can_match(*pattern, lines)) return {};
    const auto regex = rules_.compiler().compile(*pattern);
    if (!regex) return {0, true};
    result = count_matches(**regex, lines, rule.flags, deadline_, wanted);
  } else {
    result = count_matches(*rule.regex, lines, rule.flags, deadline_, wanted);
  }
  if (wanted != nullptr) tags_.set(captures);
  return result;
}

MatchCount PatternRun::run_header(const PatternRule& rule) {
  const HeaderTest& test = *rule.test;
  const std::optional<std::string_view> value = header(rule.header);
  if (test.exists) return once(value.has_value() != test.negated);
  if (!value && !test.if_unset && !rule.uses_captures) {
    return once(rule.matches_empty != test.negated);
  }
  const std::string_view text = value           ? *value
                                : test.if_unset ? std::string_view(*test.if_unset)
                                                : std::string_view();
  const MatchCount found = count(rule, {&text, 1});
  if (found.over_limit) return {0, true};
  return test.negated ? once(found.count == 0) : found;
}

MatchCount PatternRun::run_text(const PatternRule& rule) {
  const Text& of_kind = text(*text_kind_of(rule.source));
  std::size_t first = of_kind.first_lines[rule.place];
  if (rule.nosubject && first == 0) first = 1;
  if (first >= of_kind.lines.size()) return {};
  return count(rule, of_kind.lines.subspan(first));
}

MatchCount PatternRun::run(const PatternRule& rule, std::span<const MimeNode* const> parts) {
  const HeaderTest& test = *rule.test;
  PatternRule of_part = rule;
  if (rule.flags.multiple && rule.flags.maxhits == 0) of_part.flags.maxhits = max_part_hits;
  for (const std::string& value : part_values(parts, test)) {
    const std::string_view text = value;
    const MatchCount found = count(of_part, {&text, 1});
    if (found.over_limit) return {0, true};
    // The first part that matches is the last one looked at.
    if (found.count > 0) return test.negated ? MatchCount() : found;
  }
  return once(test.negated);
}

const PatternRun::Text& PatternRun::text(TextKind kind) {
  std::optional<Text>& place = lines_[static_cast<std::size_t>(kind)];
  if (!place) {
    place.emplace();
    place->lines = texts_.lines(kind);
    place->first_lines = rules_.prefilter(kind).first_lines(place->lines);
    deadline_.begin_rule();  // it is the first to want the text, which cost it that time
  }
  return *place;
}

std::optional<std::string_view> PatternRun::header(std::size_t index) {
  std::optional<std::optional<std::string_view>>& place = headers_[index];
  if (!place) place = texts_.header(rules_.headers()[index]);
  return *place;
}

}  // namespace postern::antispam
