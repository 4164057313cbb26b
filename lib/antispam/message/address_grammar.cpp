#include "lib/antispam/message/address_grammar.hpp"

#include <algorithm>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string_view::npos;
// "<a@example.org> <a@example.org>": further copies of an address that are passed over.
constexpr std::size_t max_copies = 20;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space_octet(text[at])) ++at;
  return at;
}

std::size_t run_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_space_octet(text[at])) ++at;
  return at;
}

// Behind text without `open` and `close`, in which a backslash protects what follows.
std::size_t escaped_end(std::string_view text, std::size_t at, char open, char close,
                        bool crosses_lines) {
  while (at < text.size() && text[at] != close && text[at] != open) {
    if (text[at] == '\\') {
      const bool is_pair = at + 1 < text.size() && (crosses_lines || text[at + 1] != '\n');
      if (!is_pair) return at;
      ++at;
    }
    ++at;
  }
  return at;
}

// Quoted strings and runs of what is none of ",;<
std::size_t phrase_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::size_t next = text[at] == '"'
                                 ? quoted_end(text, at)
                                 : std::min(text.find_first_of("\",;<", at), text.size());
    if (next == npos || next == at) return at;
    at = next;
  }
  return at;
}

struct Terminator {
  std::optional<std::string_view> comment;
  std::size_t end = 0;
};

std::size_t separator_end(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  if (at == text.size()) return at;
  return text[at] == ',' || text[at] == ';' ? at + 1 : npos;
}

// An optional comment, then "," or ";" or the end.
std::optional<Terminator> terminator(std::string_view text, std::size_t at) {
  const std::size_t open = skip_space(text, at);
  const std::size_t close = comment_end(text, open, false);
  if (close != npos) {
    const std::size_t end = separator_end(text, close);
    if (end != npos) return Terminator{text.substr(open + 1, close - open - 2), end};
  }
  const std::size_t end = separator_end(text, at);
  if (end == npos) return std::nullopt;
  return Terminator{std::nullopt, end};
}

// What may stand between "<" and ">", best first: each is where the content ends, and the ">".
struct AngleEnd {
  std::size_t content = 0;
  std::size_t close = 0;
};

class AngleMatcher {
 public:
  AngleMatcher(std::string_view text, std::size_t& steps) : text_(text), steps_(steps) {}

  // From "<" at `open` to the end of the address.
  std::optional<AddressMatch> match(std::size_t open) {
    const std::size_t begin = skip_space(text_, open + 1);
    const std::size_t mark = std::min(text_.find_first_of(">@", begin), text_.size());
    if (mark == text_.size()) return std::nullopt;
    const auto accept = [&](std::size_t end, std::size_t close) -> std::optional<AddressMatch> {
      const auto rest = behind(close + 1, max_copies);
      if (!rest) return std::nullopt;
      AddressMatch found;
      found.angle = text_.substr(begin, end - begin);
      found.comment = rest->comment;
      found.end = rest->end;
      return found;
    };
    if (auto found = try_ends(mark, accept)) return found;
    if (text_[mark] != '>') return std::nullopt;
    std::size_t end = mark;
    while (end > begin && is_space_octet(text_[end - 1])) --end;
    return accept(end, mark);
  }

 private:
  // For text without white space from `from` on: a ">" behind it, or the last ">" in it, and so on
  // towards `from`.
  template <typename Accept>
  auto try_ends(std::size_t from, const Accept& accept) -> decltype(accept(0, 0)) {
    const std::size_t end = run_end(text_, from);
    if (end == from) return std::nullopt;
    const std::size_t close = skip_space(text_, end);
    if (close < text_.size() && text_[close] == '>') {
      if (auto found = accept(end, close)) return found;
    }
    for (std::size_t at = end - 1; at > from && steps_ > 0; --at, --steps_) {
      if (text_[at] != '>') continue;
      if (auto found = accept(at, at)) return found;
    }
    return std::nullopt;
  }

  // Further "<…>", then the terminator.
  std::optional<Terminator> behind(std::size_t at, std::size_t copies) {
    const std::size_t open = skip_space(text_, at);
    if (copies > 0 && steps_ > 0 && open < text_.size() && text_[open] == '<') {
      --steps_;
      const std::size_t begin = skip_space(text_, open + 1);
      const auto accept = [&](std::size_t, std::size_t close) {
        return behind(close + 1, copies - 1);
      };
      const std::size_t quoted = quoted_end(text_, begin);
      if (quoted != npos) {
        if (auto found = try_ends(quoted, accept)) return found;
      }
      if (auto found = try_ends(begin, accept)) return found;
      if (begin < text_.size() && text_[begin] == '>') {
        if (auto found = accept(begin, begin)) return found;
      }
    }
    return terminator(text_, at);
  }

  std::string_view text_;
  std::size_t& steps_;
};

bool is_local_char(char c) {
  return !is_space_octet(c) && std::string_view("@<>()[],:;").find(c) == npos;
}

bool is_domain_char(char c) {
  return !is_space_octet(c) && std::string_view("\"<>()[],:;").find(c) == npos;
}

// "@example.org" or "@[192.0.2.1]".
std::size_t domain_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '@') return npos;
  std::size_t end = ++at;
  while (end < text.size() && is_domain_char(text[end])) ++end;
  if (end > at) return end;
  if (at >= text.size() || text[at] != '[') return npos;
  end = at + 1;
  while (end < text.size() &&
         (ascii::is_digit(text[end]) || text[end] == ':' || text[end] == '.')) {
    ++end;
  }
  return end > at + 1 && end < text.size() && text[end] == ']' ? end + 1 : npos;
}

}  // namespace

std::size_t quoted_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"') return npos;
  const std::size_t end = escaped_end(text, at + 1, '"', '"', false);
  return end < text.size() && text[end] == '"' ? end + 1 : npos;
}

std::size_t comment_end(std::string_view text, std::size_t at, bool crosses_lines) {
  if (at >= text.size() || text[at] != '(') return npos;
  const std::size_t end = escaped_end(text, at + 1, '(', ')', crosses_lines);
  return end < text.size() && text[end] == ')' ? end + 1 : npos;
}

std::size_t mail_end(std::string_view text, std::size_t at) {
  const std::size_t quoted = quoted_end(text, at);
  if (quoted != npos) {
    const std::size_t end = domain_end(text, quoted);
    if (end != npos) return end;
  }
  std::size_t local = at;
  while (local < text.size() && is_local_char(text[local])) ++local;
  return local > at ? domain_end(text, local) : npos;
}

std::optional<AddressMatch> leading_address(std::string_view text, std::size_t& steps) {
  const std::size_t begin = skip_space(text, 0);
  const std::size_t phrase = phrase_end(text, begin);
  const std::string_view phrase_text = text.substr(begin, phrase - begin);
  if (phrase < text.size() && text[phrase] == '<') {
    if (auto found = AngleMatcher(text, steps).match(phrase)) {
      if (!phrase_text.empty()) found->phrase = phrase_text;
      return found;
    }
  }
  AddressMatch found;
  const std::size_t mail = mail_end(text, begin);
  if (mail != npos) {
    if (const auto rest = terminator(text, mail)) {
      found.mail = text.substr(begin, mail - begin);
      found.comment = rest->comment;
      found.end = rest->end;
      return found;
    }
  }
  const auto rest = phrase_text.empty() ? std::nullopt : terminator(text, phrase);
  if (!rest) return std::nullopt;
  found.phrase = phrase_text;
  found.comment = rest->comment;
  found.end = rest->end;
  return found;
}

}  // namespace postern::antispam
