#include "lib/antispam/rules/regex_text.hpp"

#include <algorithm>

#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

using Failure = Unexpected<std::string>;

struct Delimited {
  std::string_view body;
  std::string_view modifiers;
  char end = '/';
};

// The delimiter that ends what `open` begins.
char closing(char open) {
  constexpr std::string_view opening = "{(<[", ends = "})>]";
  const std::size_t at = opening.find(open);
  return at == opening.npos ? open : ends[at];
}

Expected<Delimited, std::string> split_delimiters(std::string_view text) {
  Delimited out;
  if (text.starts_with('/')) {
    text.remove_prefix(1);
  } else {
    const std::size_t letters = text.starts_with("qr") ? 2 : text.starts_with('m') ? 1 : 0;
    if (letters == 0 || text.size() <= letters || is_word_char(text[letters])) {
      return Failure("its delimiters are missing; write /…/ or m{…}");
    }
    if (text[letters] == '\\') return Failure("\"\\\" cannot be its delimiter; write /…/");
    out.end = closing(text[letters]);
    text.remove_prefix(letters + 1);
  }
  const std::size_t end = text.rfind(out.end);
  const auto is_modifier = [](char c) { return c >= 'a' && c <= 'z' && c != 'e'; };
  if (end == text.npos ||
      !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(end) + 1, text.end(), is_modifier)) {
    return Failure(std::string("it does not end in \"") + out.end +
                   "\" and modifiers such as \"i\"");
  }
  out.body = text.substr(0, end);
  out.modifiers = text.substr(end + 1);
  return out;
}

// "(?{" and "(??{" run Perl.
bool runs_code(std::string_view body) {
  for (std::size_t at = body.find("?{"); at != body.npos; at = body.find("?{", at + 1)) {
    if ((at >= 1 && body[at - 1] == '(') ||
        (at >= 2 && body[at - 1] == '?' && body[at - 2] == '(')) {
      return true;
    }
  }
  return false;
}

// A delimiter without backslash within, where it is no bracket.
bool has_bare_delimiter(std::string_view body, char end) {
  if (end == '}' || end == ')' || end == ']') return false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] == '\\') {
      ++at;  // what follows is escaped; "\\" is a pair
    } else if (body[at] == end) {
      return true;
    }
  }
  return false;
}

std::string_view why_always(std::string_view body) {
  if (body.empty()) return "it is empty";
  if (body.front() == '|') return "it begins with \"|\"";
  if (body.back() == '|' && !body.ends_with("\\|")) return "it ends with \"|\"";
  for (std::size_t at = body.find("||"); at != body.npos; at = body.find("||", at + 1)) {
    if (at == 0 || body[at - 1] != '\\') return "it contains \"||\"";
  }
  return {};
}

// Modifiers that mean something inside a pattern; those of character sets are settled: always /aa.
Expected<std::string, std::string> inline_modifiers(std::string_view modifiers) {
  std::string kept;
  for (const char c : modifiers) {
    if (std::string_view("imsxn").find(c) != std::string_view::npos) {
      kept += c;
    } else if (std::string_view("aup").find(c) == std::string_view::npos) {
      return Failure(std::string("\"") + c + "\" is no modifier of it; use only i, m, s, x");
    }
  }
  return kept;
}

// Length of "%{NAME}" at `at`, also "%{NAME(argument)}"; 0: there is none.
std::size_t template_size(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("%{") || (at > 0 && text[at - 1] == '\\')) return 0;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::size_t end = at + 2;
  if (end == text.size() || !is_upper(text[end])) return 0;
  while (end < text.size() && (is_upper(text[end]) || ascii::is_digit(text[end]) ||
                               (text[end] == '_' && text[end - 1] != '_'))) {
    ++end;
  }
  if (text[end - 1] == '_') return 0;
  if (end < text.size() && text[end] == '(') {
    end = text.find_first_of(")}", end);
    if (end == text.npos || text[end] != ')') return 0;
    ++end;
  }
  return end < text.size() && text[end] == '}' ? end + 1 - at : 0;
}

bool has_template(std::string_view text) {
  for (std::size_t at = text.find("%{"); at != text.npos; at = text.find("%{", at + 1)) {
    if (template_size(text, at) > 0) return true;
  }
  return false;
}

// (?<N, (?P<N, (?'N, (?P'N with a capital letter.
bool has_named_group(std::string_view text) {
  for (std::size_t at = text.find("(?"); at != text.npos; at = text.find("(?", at + 1)) {
    std::string_view rest = text.substr(at + 2);
    if (rest.starts_with('P')) rest.remove_prefix(1);
    if (rest.size() >= 2 && (rest[0] == '<' || rest[0] == '\'') && rest[1] >= 'A' &&
        rest[1] <= 'Z') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string with_perl_quantifiers(std::string_view pattern) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = pattern.find("{,"); at != pattern.npos; at = pattern.find("{,", at + 2)) {
    const std::size_t end = pattern.find_first_not_of("0123456789", at + 2);
    const auto before = pattern.substr(0, at);
    const std::size_t word = before.find_last_not_of('\\');
    const std::size_t backslashes = before.size() - (word == before.npos ? 0 : word + 1);
    if (end == pattern.npos || end == at + 2 || pattern[end] != '}' || backslashes % 2 == 1) {
      continue;
    }
    out.append(pattern.substr(from, at - from)).append("{0,");
    from = at + 2;
  }
  return out.append(pattern.substr(from));
}

Expected<RegexText, std::string> read_regex(std::string_view text) {
  const auto parts = split_delimiters(text);
  if (!parts) return Failure(parts.error());
  if (runs_code(parts->body)) return Failure("\"(?{\" would run Perl code");
  if (has_bare_delimiter(parts->body, parts->end)) {
    return Failure(std::string("it holds its delimiter \"") + parts->end +
                   "\"; write a backslash before it");
  }
  const auto modifiers = inline_modifiers(parts->modifiers);
  if (!modifiers) return Failure(modifiers.error());
  RegexText out;
  if (!modifiers->empty()) out.pattern = "(?" + *modifiers + ")";
  out.pattern += with_perl_quantifiers(parts->body);
  out.has_captures = has_named_group(parts->body);
  out.uses_captures = has_template(parts->body);
  out.always_matches = why_always(parts->body);
  return out;
}

}  // namespace postern::antispam
