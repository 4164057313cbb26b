#include "lib/antispam/evals/mail_finder.hpp"

#include <algorithm>
#include <array>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_user_size = 64;
constexpr std::size_t max_label_size = 61;
constexpr std::size_t max_labels = 5;
constexpr std::size_t max_link_part = 255;    ///< Octets before and after "@" in a link.
constexpr std::size_t max_quote_spaces = 10;  ///< Between an address and "wrote:".
constexpr std::size_t max_quote_word = 11;

/// Atoms of a user; dots may stand between.
bool is_atom(char c) {
  return ascii::is_alnum(c) || std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != npos;
}

/// Begin of the address whose "@" stands at `sign`, at or after `from`, the longest that has the
/// form; npos: none.
/// \param accepts  Whether an address may begin at a place.
template <typename Accepts>
std::size_t user_begin(std::string_view text, std::size_t from, std::size_t sign,
                       const Accepts& accepts) {
  if (sign == from || !is_atom(text[sign - 1])) return npos;
  std::size_t begin = npos;
  std::size_t at = sign;
  while (at > from && sign - at < max_user_size) {
    const char c = text[at - 1];
    if (!is_atom(c) && (c != '.' || text[at] == '.')) break;
    --at;
    const bool starts = is_atom(text[at]) && (at == 0 || !is_atom(text[at - 1]));
    if (starts && accepts(at)) begin = at;
  }
  return begin;
}

/// "wrote:" or the like after blanks, but no telephone number or another address.
bool is_quote_head(std::string_view text) {
  std::size_t spaces = 0;
  while (spaces < text.size() && is_space_octet(text[spaces])) ++spaces;
  if (spaces == 0 || spaces > max_quote_spaces) return false;
  text.remove_prefix(spaces);
  constexpr std::array<std::string_view, 8> others = {"fax",  "facsi", "tel",   "phone",
                                                      "mail", "email", "-mail", "e-mail"};
  for (const std::string_view other : others) {
    if (ascii::starts_with_ignoring_case(text, other)) return false;
  }
  std::size_t letters = 0;
  while (letters < text.size() && ascii::is_alpha(text[letters])) ++letters;
  return letters >= 2 && letters <= max_quote_word && letters < text.size() && text[letters] == ':';
}

/// End of a link that holds "@" or "%40"; npos: it holds none. `at` is behind the scheme.
std::size_t link_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t sign_end = npos;
  while (end < text.size() && end - at <= max_link_part && !is_space_octet(text[end])) {
    if (text[end] == '@') sign_end = end + 1;
    if (text.substr(end).starts_with("%40")) sign_end = end + 3;
    ++end;
  }
  if (sign_end == npos) return npos;
  end = sign_end;
  while (end < text.size() && end - sign_end < max_link_part && !is_space_octet(text[end])) ++end;
  return end;
}

std::size_t link_scheme(std::string_view text, std::size_t at) {
  if (ascii::starts_with_ignoring_case(text.substr(at), "http://")) return 7;
  return ascii::starts_with_ignoring_case(text.substr(at), "https://") ? 8 : 0;
}

std::string without_links(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find("://", at)) != npos; ++at) {
    for (const std::size_t letters : {5U, 4U}) {
      if (at < from + letters || link_scheme(text, at - letters) != letters + 3) continue;
      const std::size_t end = link_end(text, at + 3);
      if (end == npos) break;
      std::size_t begin = at - letters;
      if (begin > from && text[begin - 1] == '<') --begin;
      out.append(text.substr(from, begin - from)) += ' ';
      from = end;
      at = end - 1;
      break;
    }
  }
  return out.append(text.substr(from));
}

}  // namespace

std::size_t MailFinder::host_end(std::string_view text, std::size_t at) const {
  std::size_t labels = 0;
  while (true) {
    const std::size_t begin = at;
    while (at < text.size() && (ascii::is_alnum(text[at]) || text[at] == '-')) ++at;
    const bool continues = at + 1 < text.size() && text[at] == '.' && ascii::is_alnum(text[at + 1]);
    if (at == begin || ++labels > max_labels) return npos;
    const std::string_view label = text.substr(begin, at - begin);
    if (!continues) return labels >= 2 && boundaries_.is_tld(label) ? at : npos;
    if (label.size() > max_label_size || label.front() == '-' || label.back() == '-') return npos;
    ++at;
  }
}

std::optional<FoundMail> MailFinder::find(std::string_view text, std::size_t from) const {
  for (std::size_t sign = text.find('@', from); sign != npos; sign = text.find('@', sign + 1)) {
    const std::size_t begin = user_begin(text, from, sign, [](std::size_t) { return true; });
    const std::size_t end = begin == npos ? npos : host_end(text, sign + 1);
    if (end != npos) return FoundMail{begin, end};
  }
  return std::nullopt;
}

std::optional<FoundMail> MailFinder::at(std::string_view text, std::size_t at) const {
  const std::size_t sign = text.find('@', at);
  if (sign == npos) return std::nullopt;
  const auto only_here = [at](std::size_t begin) { return begin == at; };
  if (user_begin(text, at, sign, only_here) == npos) return std::nullopt;
  const std::size_t end = host_end(text, sign + 1);
  return end == npos ? std::nullopt : std::optional(FoundMail{at, end});
}

std::string MailFinder::without_angled(std::string_view text) const {
  const auto is_no_link = [text](std::size_t at) {
    constexpr std::string_view scheme = "mailto:";
    return at < scheme.size() ||
           !ascii::equals_ignoring_case(text.substr(at - scheme.size(), scheme.size()), scheme);
  };
  std::string out;
  std::size_t from = 0;
  for (std::size_t sign = text.find('@'); sign != npos; sign = text.find('@', sign + 1)) {
    if (sign < from) continue;
    std::size_t begin = user_begin(text, from, sign, is_no_link);
    const std::size_t end = begin == npos ? npos : host_end(text, sign + 1);
    if (end == npos) continue;
    const bool angled = end < text.size() && text[end] == '>';
    if (!angled && !is_quote_head(text.substr(end))) continue;
    if (begin > from && text[begin - 1] == '<') --begin;
    out.append(text.substr(from, begin - from)) += ' ';
    from = angled ? end + 1 : text.find(':', end) + 1;
  }
  return out.append(text.substr(from));
}

std::string MailFinder::without_quoted(std::string_view text) const {
  return without_angled(without_links(text));
}

}  // namespace postern::antispam
