#include "lib/training/event.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"

namespace postern::training {
namespace {

constexpr std::string_view version_word = "train1";
constexpr std::size_t hash_size = 64;                      // hexadecimal digits
constexpr std::int64_t max_time_ms = 253'402'300'799'999;  // the end of the year 9999
constexpr std::array kinds = {Kind::spam, Kind::ham};
constexpr std::array sources = {Source::copy,    Source::move,  Source::append,
                                Source::keyword, Source::sieve, Source::command};
constexpr std::array roles = {Role::junk, Role::trash, Role::other, Role::none};

template <typename Word, std::size_t N>
bool read_word(const std::array<Word, N>& words, std::string_view text, Word& word) {
  const auto found =
      std::find_if(words.begin(), words.end(), [text](Word each) { return to_word(each) == text; });
  if (found == words.end()) return false;
  word = *found;
  return true;
}

void append_escaped(std::string& line, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : text) {
    if (ascii::is_printable(c) && c != ' ' && c != '%') {
      line += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      line += {'%', digits[octet >> 4], digits[octet & 15]};
    }
  }
}

bool read_user(std::string_view text, std::string& user) {
  user.clear();
  while (!text.empty()) {
    if (text.front() != '%') {
      if (!ascii::is_printable(text.front())) return false;
      user += text.front();
      text.remove_prefix(1);
      continue;
    }
    const int octet = hex_octet(text.substr(1));
    if (octet < 0) return false;
    user += static_cast<char>(octet);
    text.remove_prefix(3);
  }
  return !user.empty() && user.size() <= max_user_size;
}

bool read_time(std::string_view text, Event& event) {
  std::int64_t ms = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ms);
  if (error != std::errc() || stop != end || ms < 0 || ms > max_time_ms) return false;
  event.time = decltype(event.time)(std::chrono::milliseconds(ms));
  return true;
}

bool is_hash(std::string_view text) {
  return text.size() == hash_size && std::all_of(text.begin(), text.end(), [](char c) {
           return ascii::hex_value(c) >= 0 && ascii::to_lower(c) == c;
         });
}

enum Name {
  name_id,
  name_kind,
  name_user,
  name_hash,
  name_source,
  name_from,
  name_to,
  name_time,
  name_cut,
  name_count
};
constexpr std::array<std::string_view, name_count> names = {
    "id", "kind", "user", "hash", "source", "from", "to", "time", "cut"};

// Reads one value; a problem is a literal, empty when there is none.
std::string_view read(Name name, std::string_view value, Event& event) {
  const auto problem = [](bool is_right, std::string_view text) {
    return is_right ? std::string_view() : text;
  };
  switch (name) {
    case name_id: event.id = value; return problem(is_id(value), "id is empty, too long, or odd");
    case name_kind: return problem(read_word(kinds, value, event.kind), "unknown kind");
    case name_user: return problem(read_user(value, event.user), "user cannot be read");
    case name_hash: event.hash = value; return problem(is_hash(value), "hash is no SHA-256");
    case name_source: return problem(read_word(sources, value, event.source), "unknown source");
    case name_from: return problem(read_word(roles, value, event.from), "unknown role");
    case name_to: return problem(read_word(roles, value, event.to), "unknown role");
    case name_time: return problem(read_time(value, event), "time is no number of milliseconds");
    case name_cut: event.is_cut = value == "yes"; return problem(event.is_cut, "cut is not yes");
    case name_count: break;
  }
  return "";
}

// The next word; `rest` then begins behind the blank.
std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return word;
}

}  // namespace

std::string_view to_word(Kind kind) {
  switch (kind) {
    case Kind::spam: return "spam";
    case Kind::ham: return "ham";
  }
  return "";
}

std::string_view to_word(Source source) {
  switch (source) {
    case Source::copy: return "copy";
    case Source::move: return "move";
    case Source::append: return "append";
    case Source::keyword: return "keyword";
    case Source::sieve: return "sieve";
    case Source::command: return "command";
  }
  return "";
}

std::string_view to_word(Role role) {
  switch (role) {
    case Role::junk: return "junk";
    case Role::trash: return "trash";
    case Role::other: return "other";
    case Role::none: return "none";
  }
  return "";
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= max_id_size && text.front() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

std::optional<Kind> taught_by(Role from, Role to) {
  if ((from == Role::junk) == (to == Role::junk) || to == Role::trash) return std::nullopt;
  return to == Role::junk ? Kind::spam : Kind::ham;
}

Parsed<Event> parse_event(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.size() > max_event_size) return parse_error(max_event_size, "is too long");
  std::string_view rest = line;
  if (take_word(rest) != version_word) return parse_error(0, "does not start with train1");
  Event event;
  std::array<bool, name_count> seen{};
  while (!rest.empty()) {
    const std::size_t offset = line.size() - rest.size();
    const std::string_view word = take_word(rest);
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == word.npos) return parse_error(offset, "is no name=value");
    const auto found = std::find(names.begin(), names.end(), word.substr(0, equals));
    if (found == names.end()) continue;
    const auto name = static_cast<Name>(found - names.begin());
    if (seen.at(name)) return parse_error(offset, "is given twice");
    seen.at(name) = true;
    const std::string_view problem = read(name, word.substr(equals + 1), event);
    if (!problem.empty()) return parse_error(offset + equals + 1, problem);
  }
  if (!seen[name_id]) return parse_error(line.size(), "has no id");
  if (!seen[name_kind]) return parse_error(line.size(), "has no kind");
  if (!seen[name_user]) return parse_error(line.size(), "has no user");
  if (!seen[name_time]) return parse_error(line.size(), "has no time");
  return event;
}

std::string format(const Event& event) {
  std::string line(version_word);
  const auto add = [&line](std::string_view name, std::string_view value) {
    line.append(" ").append(name).append("=").append(value);
  };
  add("id", event.id);
  add("kind", to_word(event.kind));
  line += " user=";
  append_escaped(line, event.user);
  if (!event.hash.empty()) add("hash", event.hash);
  add("source", to_word(event.source));
  add("from", to_word(event.from));
  add("to", to_word(event.to));
  add("time", std::to_string(event.time.time_since_epoch().count()));
  if (event.is_cut) add("cut", "yes");
  return line;
}

}  // namespace postern::training
