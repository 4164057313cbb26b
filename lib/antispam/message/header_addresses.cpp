#include "lib/antispam/message/header_addresses.hpp"

#include <algorithm>
#include <cstddef>

#include "lib/antispam/message/address_grammar.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string_view::npos;
// Looking for ">" in one value; a field has at most 8192 octets.
constexpr std::size_t max_steps = 100'000;

std::string without_double_backslashes(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value.substr(i).starts_with("\\\\")) {
      ++i;
    } else {
      text += value[i];
    }
  }
  return text;
}

// "Friends: a@example.org, …;" without the name of the group.
std::string_view without_group(std::string_view text) {
  const std::string_view head = text.substr(0, text.find_first_of("\"()<>"));
  const std::size_t colon = head.rfind(':');
  if (colon == head.npos || colon == 0) return text;
  text.remove_prefix(colon + 1);
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  return text.starts_with(';') ? std::string_view() : text;
}

std::string without_comments(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = comment_end(text, at, true);
    if (end != npos) {
      at = end;
    } else {
      out += text[at++];
    }
  }
  return out;
}

// Whether all of the text is an address; a line feed may follow.
bool is_mail(std::string_view text) {
  const std::size_t end = mail_end(text, 0);
  return end == text.size() || (end != npos && text.substr(end) == "\n");
}

bool is_valid(std::string_view address) {
  return !address.starts_with("\"\"@") && std::count(address.begin(), address.end(), '"') != 1;
}

std::string unescaped(std::string_view quoted) {
  std::string text;
  for (const char c : quoted) {
    if (c != '\\') text += c;
  }
  return text;
}

// Without quotes, escapes, and comments.
std::string plain_phrase(std::string_view phrase) {
  std::string text;
  for (std::size_t at = 0; at < phrase.size();) {
    const std::size_t end = quoted_end(phrase, at);
    if (end != npos) {
      text += unescaped(phrase.substr(at + 1, end - at - 2));
      at = end;
    } else if (phrase[at] == '"') {
      ++at;
    } else {
      const std::size_t quote = std::min(phrase.find('"', at), phrase.size());
      text += without_comments(phrase.substr(at, quote - at));
      at = quote;
    }
  }
  return text;
}

std::string_view host_of(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == npos) return {};
  address.remove_prefix(at + 1);
  return address.substr(0, address.find('@'));
}

// Up to a second "@", if it stands in the same line.
std::string cut_at_second_at(std::string address) {
  const std::size_t first = address.find('@');
  const std::size_t second = first == npos ? npos : address.find('@', first + 1);
  if (second == npos) return address;
  const std::size_t newline = address.find('\n', second);
  address.erase(second, newline == npos ? npos : newline - second);
  return address;
}

HeaderAddress read_match(const AddressMatch& match) {
  HeaderAddress found;
  if (match.angle) {
    std::string address = without_comments(*match.angle);
    if (is_mail(address)) found.address = std::move(address);
  } else if (match.mail) {
    found.address = std::string(*match.mail);
  }
  if (found.address && !is_valid(*found.address)) found.address.reset();
  if (match.phrase) {
    std::string phrase = plain_phrase(*match.phrase);
    const bool is_address = !found.address && is_mail(phrase) && is_valid(phrase) &&
                            RegistryBoundaries::is_fqdn_valid(host_of(phrase));
    if (is_address) {
      found.address = std::move(phrase);
    } else if (!phrase.empty() && found.address != phrase) {
      found.phrase = std::move(phrase);
    }
  }
  if (!found.phrase && match.comment) found.phrase = std::string(*match.comment);
  if (found.address) found.address = cut_at_second_at(*std::move(found.address));
  return found;
}

// "<a@example.org>" anywhere in what could not be parsed.
void add_leftover(std::vector<HeaderAddress>& found, std::string_view text) {
  for (std::size_t at = text.find('<'); at != npos; at = text.find('<', at + 1)) {
    const std::size_t end = mail_end(text, at + 1);
    if (end == npos || end >= text.size() || text[end] != '>') continue;
    const std::string_view address = text.substr(at + 1, end - at - 1);
    if (is_valid(address)) {
      found.push_back({std::nullopt, cut_at_second_at(std::string(address))});
    }
    at = end;
  }
}

}  // namespace

std::vector<HeaderAddress> read_header_addresses(std::string_view value) {
  while (!value.empty() && is_space_octet(value.back())) value.remove_suffix(1);
  const std::string cleaned = without_double_backslashes(value);
  std::string_view text = without_group(cleaned);
  std::vector<HeaderAddress> found;
  if (std::all_of(text.begin(), text.end(), is_space_octet)) return found;
  std::size_t steps = max_steps;
  while (const auto match = leading_address(text, steps)) {
    found.push_back(read_match(*match));
    text.remove_prefix(match->end);
  }
  if (text.find('@') != npos) add_leftover(found, text);
  return found;
}

}  // namespace postern::antispam
