#include "lib/mail/mailbox.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

using Tokens = std::span<const Token>;

std::size_t find_special(Tokens tokens, char special) {
  const auto found = std::find_if(tokens.begin(), tokens.end(),
                                  [&](const Token& token) { return token.is(special); });
  return static_cast<std::size_t>(found - tokens.begin());
}

std::string word_text(const Token& token) {
  if (token.kind != TokenKind::quoted) return std::string(token.raw);
  return unquote(token.raw.substr(1, token.raw.size() - 2));
}

// Words joined by dots, as in local-part, obs-local-part, and obs-domain (RFC 5322 §4.4). False
// unless a dot stands wherever two words meet.
bool join_words(Tokens tokens, bool may_quote, std::string& joined) {
  bool ends_with_dot = true;
  for (const Token& token : tokens) {
    const bool is_word =
        token.kind == TokenKind::atom || (may_quote && token.kind == TokenKind::quoted);
    if (!is_word) return false;
    const bool is_atom = token.kind == TokenKind::atom;
    const bool begins_with_dot = is_atom && token.raw.starts_with('.');
    const bool is_first = &token == &tokens.front();
    if (!is_first && !ends_with_dot && !begins_with_dot) return false;
    joined += word_text(token);
    ends_with_dot = is_atom && token.raw.ends_with('.');
  }
  return !tokens.empty();
}

bool has_odd_dots(Tokens local_part) {
  if (local_part.size() == 1 && local_part[0].kind == TokenKind::quoted) return false;
  std::string shape;  // quoted words as "x", so that only dots between words count
  for (const Token& token : local_part) {
    shape += token.kind == TokenKind::atom ? token.raw : std::string_view("x");
  }
  return shape.starts_with('.') || shape.ends_with('.') || shape.find("..") != shape.npos;
}

bool parse_addr_spec(Tokens tokens, Mailbox& mailbox) {
  const std::size_t at = find_special(tokens, '@');
  if (at == 0 || at >= tokens.size()) return false;
  const Tokens local_part = tokens.first(at);
  const Tokens domain = tokens.subspan(at + 1);
  if (!join_words(local_part, true, mailbox.local_part)) return false;
  if (domain.size() == 1 && domain[0].kind == TokenKind::literal) {
    for (const char c : domain[0].raw) {
      if (!ascii::is_space(c)) mailbox.domain += c;
    }
  } else if (!join_words(domain, false, mailbox.domain)) {
    return false;
  }
  if (has_odd_dots(local_part)) mailbox.defects.add(Defect::odd_local_part);
  const bool has_blank = std::any_of(tokens.begin() + 1, tokens.end(),
                                     [](const Token& token) { return token.after_blank; });
  if (has_blank) mailbox.defects.add(Defect::blank_in_address);
  return true;
}

// Drops "@a,@b:" (RFC 5322 §4.4, obs-route). False if what begins with "@" is no route.
bool drop_route(Tokens& tokens, Mailbox& mailbox) {
  if (tokens.empty() || !tokens[0].is('@')) return true;
  const std::size_t colon = find_special(tokens, ':');
  const Tokens route = tokens.first(colon);
  const bool is_route = std::all_of(route.begin(), route.end(), [](const Token& token) {
    return token.kind == TokenKind::atom || token.is('@') || token.is(',');
  });
  if (!is_route || colon == tokens.size()) return false;
  mailbox.defects.add(Defect::source_route);
  tokens = tokens.subspan(colon + 1);
  return true;
}

// A phrase as senders write it: words, and specials that can mean nothing but themselves.
bool check_phrase(Tokens tokens, Mailbox& mailbox) {
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::atom || token.kind == TokenKind::quoted) continue;
    if (token.is('@')) {
      mailbox.defects.add(Defect::address_as_name);
    } else if (token.kind == TokenKind::literal || token.is('[') || token.is(']')) {
      mailbox.defects.add(Defect::odd_phrase);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string phrase_text(std::span<const Token> tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (token.after_blank && !text.empty()) text += ' ';
    text += word_text(token);
  }
  return text;
}

std::optional<Mailbox> parse_mailbox(std::span<const Token> tokens, std::string_view comment) {
  Mailbox mailbox;
  const std::size_t open = find_special(tokens, '<');
  if (open == tokens.size()) {
    if (!parse_addr_spec(tokens, mailbox)) return std::nullopt;
  } else {
    Tokens inside = tokens.subspan(open + 1);
    const bool is_closed = find_special(inside, '>') + 1 == inside.size();
    if (!is_closed) return std::nullopt;
    inside = inside.first(inside.size() - 1);
    const Tokens phrase = tokens.first(open);
    const bool is_read = check_phrase(phrase, mailbox) && drop_route(inside, mailbox) &&
                         parse_addr_spec(inside, mailbox);
    if (!is_read) return std::nullopt;
    mailbox.display_name = phrase_text(phrase);
  }
  if (mailbox.display_name.empty()) mailbox.display_name = unquote(comment);
  return mailbox;
}

}  // namespace postern::mail
