#include "lib/training/event.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"
#include "lib/base/named_values.hpp"

namespace postern::training {
namespace {

constexpr std::size_t hash_size = 64;  // hexadecimal digits
constexpr std::array kinds = {Kind::spam, Kind::ham, Kind::none};
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

bool read_time(std::string_view text, Event& event) {
  std::int64_t ms = 0;
  if (!read_number(text, max_time_ms, ms)) return false;
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
  name_cut
};
constexpr std::array<ValueName, 9> names = {{{"id", "has no id"},
                                             {"kind", "has no kind"},
                                             {"user", "has no user"},
                                             {"hash"},
                                             {"source"},
                                             {"from"},
                                             {"to"},
                                             {"time", "has no time"},
                                             {"cut"}}};
constexpr RecordForm form{"train1", "does not start with train1", names, max_event_size};

// Reads one value; a problem is a literal, empty when there is none.
std::string_view read(Name name, std::string_view value, Event& event) {
  const auto problem = [](bool is_right, std::string_view text) {
    return is_right ? std::string_view() : text;
  };
  switch (name) {
    case name_id: event.id = value; return problem(is_id(value), "id is empty, too long, or odd");
    case name_kind: return problem(read_word(kinds, value, event.kind), "unknown kind");
    case name_user:
      return problem(unescape_value(value, max_user_size, event.user), "user cannot be read");
    case name_hash: event.hash = value; return problem(is_hash(value), "hash is no SHA-256");
    case name_source: return problem(read_word(sources, value, event.source), "unknown source");
    case name_from: return problem(read_word(roles, value, event.from), "unknown role");
    case name_to: return problem(read_word(roles, value, event.to), "unknown role");
    case name_time: return problem(read_time(value, event), "time is no number of milliseconds");
    case name_cut: event.is_cut = value == "yes"; return problem(event.is_cut, "cut is not yes");
  }
  return "";
}

}  // namespace

std::string_view to_word(Kind kind) {
  switch (kind) {
    case Kind::spam: return "spam";
    case Kind::ham: return "ham";
    case Kind::none: return "none";
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
  Event event;
  const auto read_all =
      read_named_values(line, form, [&](std::size_t name, std::string_view value) {
        return read(static_cast<Name>(name), value, event);
      });
  if (!read_all) return Unexpected<ParseError>(read_all.error());
  return event;
}

std::string format(const Event& event) {
  std::string line(form.version);
  const auto add = [&line](std::string_view name, std::string_view value) {
    line.append(" ").append(name).append("=").append(value);
  };
  add("id", event.id);
  add("kind", to_word(event.kind));
  add("user", escape_value(event.user));
  if (!event.hash.empty()) add("hash", event.hash);
  add("source", to_word(event.source));
  add("from", to_word(event.from));
  add("to", to_word(event.to));
  add("time", std::to_string(event.time.time_since_epoch().count()));
  if (event.is_cut) add("cut", "yes");
  return line;
}

}  // namespace postern::training
