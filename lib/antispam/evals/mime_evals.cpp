// Evals over the MIME parts of a message (Mail::SpamAssassin::Plugin::MIMEEval).
#include <algorithm>
#include <array>
#include <optional>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/locales.hpp"
#include "lib/antispam/evals/mime_facts.hpp"
#include "lib/antispam/message/content_type.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

struct KnownMimeFacts {
  std::optional<MimeFacts> facts;
};

const MimeFacts& mime_facts(EvalContext& context) {
  auto& known = context.memory.get<KnownMimeFacts>().facts;
  if (!known) {
    known = find_mime_facts(
        context.message,
        {.iso_charset = context.regexes.regex(R"(iso-\S+-\S+\b)"),
         .known_iso = context.regexes.regex(R"(iso-(?:8859-\d{1,2}|2022-(?:jp|kr))\b)")});
  }
  return *known;
}

// --- figures ---

double check_for_mime(EvalContext& context, Values values) {
  return mime_facts(context).figure(Arguments(values).text(0)).value_or(0) != 0;
}

bool is_all_html(EvalContext& context) {
  return ascii::starts_with_ignoring_case(context.message.header_text("Content-Type"), "text/html");
}

double check_for_mime_html(EvalContext& context, Values) {
  return is_all_html(context) || mime_facts(context).html_parts > 0;
}

double check_for_mime_html_only(EvalContext& context, Values) {
  if (is_all_html(context)) return 1;
  const MimeFacts& facts = mime_facts(context);
  return facts.html_parts > 0 && facts.text_parts == 0;
}

double check_mime_multipart_ratio(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const double ratio = mime_facts(context).alternatives_ratio;
  return ratio >= arguments.number(0) && ratio < arguments.number(1);
}

double check_for_ascii_text_illegal(EvalContext& context, Values) {
  return mime_facts(context).illegal_ascii_lines > 0;
}

/// ".05", "0.123", "100.0"
bool is_ratio(std::string_view text) {
  constexpr std::size_t max_digits = 3;
  const std::size_t dot = text.find('.');
  const auto is_digits = [](std::string_view part) {
    return part.size() <= max_digits && std::all_of(part.begin(), part.end(), ascii::is_digit);
  };
  return dot != text.npos && is_digits(text.substr(0, dot)) && dot + 1 < text.size() &&
         is_digits(text.substr(dot + 1));
}

double check_abundant_unicode_ratio(EvalContext& context, Values values) {
  const Arguments arguments(values);
  return is_ratio(arguments.text(0)) && mime_facts(context).unicode_ratio >= arguments.number(0);
}

double check_qp_ratio(EvalContext& context, Values values) {
  return mime_facts(context).figure("mime_qp_ratio").value_or(0) >= Arguments(values).number(0);
}

double check_msg_parse_flags(EvalContext& context, Values values) {
  struct Flag {
    std::string_view name;
    bool ParseFlags::*flag;
  };
  constexpr auto names = std::to_array<Flag>({
      {"mime_epilogue_exists", &ParseFlags::mime_epilogue_exists},
      {"mimepart_limit_exceeded", &ParseFlags::mimepart_limit_exceeded},
      {"missing_head_body_separator", &ParseFlags::missing_head_body_separator},
      {"missing_mime_head_body_separator", &ParseFlags::missing_mime_head_body_separator},
      {"missing_mime_headers", &ParseFlags::missing_mime_headers},
      {"truncated_header", &ParseFlags::truncated_header},
  });
  const std::string_view name = Arguments(values).text(0);
  const ParseFlags& flags = context.message.parse_flags();
  return std::any_of(names.begin(), names.end(),
                     [&](const Flag& f) { return f.name == name && flags.*(f.flag); });
}

// --- charsets ---

/// What stands behind "charset=" in quotes, which have to be closed.
std::string_view quoted_charset(std::string_view field, char quote) {
  constexpr std::string_view name = "charset=";
  for (std::size_t at = find_ignoring_case(field, name); at != field.npos;
       at = find_ignoring_case(field, name, at + 1)) {
    const std::size_t begin = at + name.size();
    if (begin >= field.size() || field[begin] != quote) continue;
    const std::size_t end = field.find(quote, begin + 1);
    if (end != field.npos && end > begin + 1) return field.substr(begin + 1, end - begin - 1);
  }
  return {};
}

/// As SpamAssassin takes it here: unlike a MIME parser. Empty: none.
std::string_view charset_of(std::string_view content_type) {
  for (const char quote : {'"', '\''}) {
    const std::string_view charset = quoted_charset(content_type, quote);
    if (!charset.empty()) return charset;
  }
  constexpr std::string_view name = "charset=";
  for (std::size_t at = find_ignoring_case(content_type, name); at != content_type.npos;
       at = find_ignoring_case(content_type, name, at + 1)) {
    const std::string_view rest = content_type.substr(at + name.size());
    const auto end = std::find_if(rest.begin(), rest.end(), is_space_octet);
    if (end != rest.begin()) return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  }
  return {};
}

/// At least half of the octets of the body are beyond US-ASCII.
bool is_mostly_8bit(const std::vector<std::string>& body) {
  constexpr std::size_t min_octets = 4;
  std::size_t size = body.empty() ? 0 : body.size() - 1;
  std::size_t high = 0;
  for (const std::string& line : body) {
    size += line.size();
    high += static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return !is_ascii_octet(c); }));
  }
  return high >= min_octets && size - high <= high;
}

double check_for_faraway_charset(EvalContext& context, Values) {
  const std::string& ok_locales = context.message.options().ok_locales;
  if (are_all_locales_ok(ok_locales)) return 0;
  const std::string type = context.message.header_text("Content-Type");
  const std::string_view charset = charset_of(type);
  return !charset.empty() && !is_charset_ok(charset, ok_locales) &&
         is_mostly_8bit(context.message.body());
}

bool may_look_like_capitals(EvalContext& context) {
  const std::string type = context.message.header_text("Content-Type");
  if (is_likely_to_look_like_capitals(charset_of(type))) return true;
  std::string_view rest = mime_facts(context).charsets;
  while (!rest.empty()) {
    const auto end = static_cast<std::size_t>(
        std::find_if(rest.begin(), rest.end(), is_space_octet) - rest.begin());
    if (is_likely_to_look_like_capitals(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// --- capitals ---

/// White space between two other characters.
bool has_inner_space(std::string_view line) {
  while (!line.empty() && is_space_octet(line.back())) line.remove_suffix(1);
  while (!line.empty() && is_space_octet(line.front())) line.remove_prefix(1);
  return std::any_of(line.begin(), line.end(), is_space_octet);
}

bool is_base64_octet(char c) {
  return ascii::is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/// Two lines of base64 that became one.
bool is_base64(std::string_view line) {
  constexpr std::size_t min_size = 60;
  constexpr std::size_t max_size = 76;
  for (int i = 0; i < 2; ++i) {
    const std::size_t end = line.find(' ');
    if (end == line.npos || end < min_size || end > max_size) return false;
    const std::string_view word = line.substr(0, end);
    if (!std::all_of(word.begin(), word.end(), is_base64_octet)) return false;
    line.remove_prefix(end + 1);
  }
  return true;
}

struct Letters {
  std::size_t size = 0, capitals = 0, others = 0;  ///< Others: small letters and digits.

  void add(std::string_view line) {
    size += line.size();
    for (const char c : line) {
      if (c >= 'A' && c <= 'Z') {
        ++capitals;
      } else if (ascii::is_alnum(c)) {
        ++others;
      }
    }
  }

  /// Without what ISO-2022-JP encodes, from the first escape to the last.
  void add_but_japanese(std::string_view line) {
    const std::size_t begin = line.find("\x1b$B");
    const std::size_t end = begin == line.npos ? line.npos : line.rfind("\x1b(B");
    if (end == line.npos || end < begin + 3) return add(line);
    add(line.substr(0, begin));
    add(line.substr(end + 3));
  }
};

struct CapitalsFacts {
  std::optional<double> percent;
};

double find_capitals_percent(EvalContext& context) {
  constexpr std::size_t min_size = 200;
  if (may_look_like_capitals(context)) return 0;
  Letters letters;
  for (const std::string& line : context.message.body()) {
    if (!has_inner_space(line) || is_base64(line)) continue;
    letters.add_but_japanese(line);
  }
  const std::size_t all = letters.capitals + letters.others;
  if (letters.size < min_size || all == 0) return 0;
  return static_cast<double>(letters.capitals) / static_cast<double>(all) * 100;
}

double check_for_uppercase(EvalContext& context, Values values) {
  auto& percent = context.memory.get<CapitalsFacts>().percent;
  if (!percent) percent = find_capitals_percent(context);
  const Arguments arguments(values);
  return *percent > arguments.number(0) && *percent <= arguments.number(1);
}

// --- parts ---

bool is_expected_alternative(std::string_view type) {
  return type.starts_with("text/") || type == "multipart/related" || type == "application/rtf";
}

double check_ma_non_text(EvalContext& context, Values) {
  const auto& nodes = context.message.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const MimeNode* node) {
    return node->type == "multipart/alternative" &&
           std::any_of(node->children.begin(), node->children.end(), [](const auto& child) {
             return child->is_leaf() && !child->type.empty() &&
                    !is_expected_alternative(child->type);
           });
  });
}

struct Base64Facts {
  std::optional<std::size_t> longest_line;
};

std::size_t find_longest_base64_line(RenderedMessage& message) {
  std::size_t longest = 0;
  for (const MimeNode* leaf : message.leaves()) {
    if (!ascii::equals_ignoring_case(leaf->value("Content-Transfer-Encoding"), "base64") ||
        read_content_type(leaf->value("Content-Type")).type == "application/ics") {
      continue;
    }
    for (const std::string_view line : leaf->body) longest = std::max(longest, line.size());
  }
  return longest;
}

double check_base64_length(EvalContext& context, Values values) {
  auto& longest = context.memory.get<Base64Facts>().longest_line;
  if (!longest) longest = find_longest_base64_line(context.message);
  const Arguments arguments(values);
  const auto size = static_cast<double>(*longest);
  return size >= arguments.number(0) && (!arguments.has(1) || size <= arguments.number(1));
}

constexpr std::array rows = {
    Eval{"check_abundant_unicode_ratio", "MIMEEval", check_abundant_unicode_ratio},
    Eval{"check_base64_length", "MIMEEval", check_base64_length},
    Eval{"check_for_ascii_text_illegal", "MIMEEval", check_for_ascii_text_illegal},
    Eval{"check_for_faraway_charset", "MIMEEval", check_for_faraway_charset},
    Eval{"check_for_mime", "MIMEEval", check_for_mime},
    Eval{"check_for_mime_html", "MIMEEval", check_for_mime_html},
    Eval{"check_for_mime_html_only", "MIMEEval", check_for_mime_html_only},
    Eval{"check_for_uppercase", "MIMEEval", check_for_uppercase},
    Eval{"check_ma_non_text", "MIMEEval", check_ma_non_text},
    Eval{"check_mime_multipart_ratio", "MIMEEval", check_mime_multipart_ratio},
    Eval{"check_msg_parse_flags", "MIMEEval", check_msg_parse_flags},
    Eval{"check_qp_ratio", "MIMEEval", check_qp_ratio},
};

}  // namespace

std::span<const Eval> mime_evals() {
  return rows;
}

}  // namespace postern::antispam
