#include "lib/policy/action.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::policy {
namespace {

enum class Text {
  none,      // nothing may follow
  optional,  // a text for the client or the log
  needed,    // "transport:destination", an address
  header_field
};

struct VerbRow {
  std::string_view word;
  Verb verb;
  Text text;
  char status_class;  // that an enhanced status code must have; 0: any
};
constexpr std::array verbs = {
    VerbRow{"DUNNO", Verb::dunno, Text::none, 0},
    VerbRow{"OK", Verb::ok, Text::none, 0},
    VerbRow{"REJECT", Verb::reject, Text::optional, '5'},
    VerbRow{"DEFER", Verb::defer, Text::optional, '4'},
    VerbRow{"DEFER_IF_PERMIT", Verb::defer_if_permit, Text::optional, '4'},
    VerbRow{"DEFER_IF_REJECT", Verb::defer_if_reject, Text::optional, '4'},
    VerbRow{"HOLD", Verb::hold, Text::optional, 0},
    VerbRow{"DISCARD", Verb::discard, Text::optional, 0},
    VerbRow{"FILTER", Verb::filter, Text::needed, 0},
    VerbRow{"REDIRECT", Verb::redirect, Text::needed, 0},
    VerbRow{"BCC", Verb::bcc, Text::needed, 0},
    VerbRow{"PREPEND", Verb::prepend, Text::header_field, 0},
    VerbRow{"WARN", Verb::warn, Text::optional, 0},
    VerbRow{"INFO", Verb::info, Text::optional, 0},
};

constexpr std::array<std::string_view, 10> value_names = {
    "client_address", "client_name", "helo_name", "sender",      "recipient",
    "sasl_username",  "rule",        "limit",     "retry_after", "why"};

std::optional<VerbRow> find_verb(std::string_view word) {
  if (word.size() == 3 && (word[0] == '4' || word[0] == '5') && word[1] >= '0' && word[1] <= '5' &&
      ascii::is_digit(word[2])) {
    return VerbRow{word, Verb::reply, Text::optional, word[0]};
  }
  for (const VerbRow& row : verbs) {
    if (ascii::equals_ignoring_case(row.word, word)) return row;
  }
  return std::nullopt;
}

// Whether the text begins like an enhanced status code (RFC 3463 §2) of another class.
bool has_wrong_class(std::string_view text, char status_class) {
  return status_class != 0 && text.size() > 2 && ascii::is_digit(text[0]) && text[1] == '.' &&
         ascii::is_digit(text[2]) && text[0] != status_class;
}

bool is_header_field(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  const std::string_view name = text.substr(0, colon);
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return ascii::is_printable(c) && c != ' '; });
}

// The first brace that is not part of a known name in braces.
std::optional<std::size_t> find_bad_brace(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '}') return at;
    if (text[at] != '{') continue;
    const std::size_t end = text.find('}', at);
    if (end == text.npos) return at;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (std::find(value_names.begin(), value_names.end(), name) == value_names.end()) return at;
    at = end;
  }
  return std::nullopt;
}

std::optional<std::string_view> problem_of(const VerbRow& row, std::string_view text) {
  switch (row.text) {
    case Text::none:
      if (!text.empty()) return "nothing may stand behind this word";
      break;
    case Text::optional:
      if (has_wrong_class(text, row.status_class)) {
        return "enhanced status code of another class than the reply";
      }
      break;
    case Text::needed:
      if (text.empty() || text.find(' ') != text.npos) return "expects one word behind it";
      break;
    case Text::header_field:
      if (!is_header_field(text)) return "expects \"Name: value\" behind it";
      break;
  }
  return std::nullopt;
}

char printable(char c) {
  if (ascii::is_printable(c)) return c;
  return ascii::is_space(c) ? ' ' : '?';
}

}  // namespace

bool Action::is_allowed_at(State state) const {
  return verb != Verb::prepend || state != State::end_of_message;
}

Parsed<Action> parse_action(std::string_view text) {
  text = ascii::trim(text);
  const auto bad =
      std::find_if_not(text.begin(), text.end(), [](char c) { return ascii::is_printable(c); });
  if (bad != text.end()) {
    return parse_error(static_cast<std::size_t>(bad - text.begin()),
                       "only printable ASCII may stand here");
  }
  if (text.size() > max_action_size) return parse_error(max_action_size, "action is too long");
  const std::size_t end = std::min(text.find(' '), text.size());
  const auto row = find_verb(text.substr(0, end));
  if (!row) {
    return parse_error(0, "no action of access(5), such as DUNNO, REJECT, \"450 text\", HOLD");
  }
  const std::string_view rest = ascii::trim(text.substr(end));
  if (const auto problem = problem_of(*row, rest)) return parse_error(end, *problem);
  if (row->text == Text::optional) {
    const auto brace = find_bad_brace(rest);
    if (brace) return parse_error(end + 1 + *brace, "no value of that name in braces");
  }
  Action action{row->verb, std::string(row->word)};
  if (!rest.empty()) action.text.append(" ").append(rest);
  return action;
}

std::string expand(const Action& action, const ValueOf& value_of) {
  if (action.verb == Verb::filter || action.verb == Verb::redirect || action.verb == Verb::bcc ||
      action.verb == Verb::prepend) {
    return action.text;
  }
  std::string out;
  std::string_view rest = action.text;
  while (!rest.empty() && out.size() < max_action_size) {
    const std::size_t begin = std::min(rest.find('{'), rest.size());
    out += rest.substr(0, begin);
    rest.remove_prefix(begin);
    const std::size_t end = rest.find('}');
    if (rest.empty() || end == rest.npos) break;
    out += value_of(rest.substr(1, end - 1)).substr(0, max_shown_size);
    rest.remove_prefix(end + 1);
  }
  std::transform(out.begin(), out.end(), out.begin(), printable);
  if (out.size() > max_action_size) out.resize(max_action_size);
  return out;
}

std::string shown(std::string_view peer_text) {
  constexpr std::string_view harmless = "@.-_+:[]<>/*,;";
  std::string out(peer_text.substr(0, max_shown_size));
  for (char& c : out) {
    if (!ascii::is_alnum(c) && harmless.find(c) == harmless.npos) c = '?';
  }
  return out;
}

std::string format_reply(std::string_view action) {
  std::string reply = "action=";
  const std::string_view text = ascii::trim(action.substr(0, max_action_size));
  if (text.empty()) return "action=DUNNO\n\n";
  std::transform(text.begin(), text.end(), std::back_inserter(reply), printable);
  return reply + "\n\n";
}

}  // namespace postern::policy
