#include "lib/reputation/feed.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/base/named_values.hpp"
#include "lib/dns/name.hpp"

namespace postern::reputation {
namespace {

constexpr std::chrono::milliseconds once_lifetime = std::chrono::hours(24 * 7);

struct KindRow {
  EventKind kind;
  std::string_view word;
  double good;  // what it adds
  double bad;
};
// What a user does by hand counts more than what a program guesses; a virus is no guess.
constexpr std::array kinds = {
    KindRow{EventKind::ham, "ham", 1, 0},
    KindRow{EventKind::spam, "spam", 0, 1},
    KindRow{EventKind::virus, "virus", 0, 5},
    KindRow{EventKind::unknown_recipient, "unknown-recipient", 0, 0.25},
    KindRow{EventKind::user_ham, "user-ham", 3, 0},
    KindRow{EventKind::user_spam, "user-spam", 0, 3},
};

const KindRow* row_of(EventKind kind) {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [kind](const KindRow& row) { return row.kind == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

// Digits with at most three behind the dot.
std::optional<double> weight_of(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view part = dot == text.npos ? std::string_view("0") : text.substr(dot + 1);
  if (whole.empty() || whole.size() > 3 || part.empty() || part.size() > 3) return std::nullopt;
  double weight = 0;
  for (const char c : whole) {
    if (!ascii::is_digit(c)) return std::nullopt;
    weight = weight * 10 + (c - '0');
  }
  double unit = 0.1;
  for (const char c : part) {
    if (!ascii::is_digit(c)) return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight > 0 && weight <= max_event_weight ? std::optional(weight) : std::nullopt;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= max_event_id_size &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_printable(c) && c != ' '; });
}

enum Name { name_kind, name_ip, name_helo, name_domain, name_weight, name_id };
constexpr std::array<ValueName, 6> names = {
    {{"kind", "has no kind"}, {"ip", "has no ip"}, {"helo"}, {"domain"}, {"weight"}, {"id"}}};
constexpr RecordForm form{"rep1", "does not start with rep1", names, max_event_size};

// Reads one value; a problem is a literal, empty when there is none.
std::string_view read(Name name, std::string_view value, Event& event) {
  switch (name) {
    case name_kind: {
      const auto found = std::find_if(kinds.begin(), kinds.end(),
                                      [value](const KindRow& row) { return row.word == value; });
      if (found == kinds.end()) return "unknown kind";
      event.kind = found->kind;
      return "";
    }
    case name_ip: {
      const auto address = parse_ip_address(value);
      if (!address) return "ip is no address";
      event.client = address->unmapped();
      return "";
    }
    case name_helo: event.helo = dns::parse_domain(value).value_or(std::string()); return "";
    case name_domain: event.domain = dns::parse_domain(value).value_or(std::string()); return "";
    case name_weight: {
      const auto weight = weight_of(value);
      if (!weight) return "weight is no number from 0.001 to 100";
      event.weight = *weight;
      return "";
    }
    case name_id:
      if (!is_id(value)) return "id is empty, too long, or not printable";
      event.id = value;
      return "";
  }
  return "";
}

}  // namespace

std::string_view to_word(EventKind kind) {
  const KindRow* row = row_of(kind);
  return row == nullptr ? std::string_view() : row->word;
}

Parsed<Event> parse_event(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Event event;
  const auto read_all =
      read_named_values(line, form, [&](std::size_t name, std::string_view value) {
        return read(static_cast<Name>(name), value, event);
      });
  if (!read_all) return Unexpected<ParseError>(read_all.error());
  return event;
}

std::string format(const Event& event) {
  std::string line = std::string(form.version) + " kind=" + std::string(to_word(event.kind)) +
                     " ip=" + event.client.text();
  if (const auto helo = dns::parse_domain(event.helo)) line += " helo=" + *helo;
  if (const auto domain = dns::parse_domain(event.domain)) line += " domain=" + *domain;
  const double weight = std::clamp(event.weight, 0.001, max_event_weight);
  if (weight != 1) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), weight, std::chars_format::fixed, 3);
    line += " weight=" + std::string(text.data(), end.ptr);
  }
  if (is_id(event.id)) line += " id=" + event.id;
  return line;
}

std::optional<store::Operation> once(const Event& event) {
  if (event.id.empty()) return std::nullopt;
  const std::string key = "r/once|" + std::string(to_word(event.kind)) + "|" + event.id;
  return store::PutIfAbsent{key, "1", once_lifetime};
}

std::vector<store::Operation> record(const Event& event, const Settings& settings) {
  const KindRow* row = row_of(event.kind);
  if (row == nullptr) return {};
  std::vector<store::Operation> operations =
      lookups(subjects_of(event.client, event.helo, event.domain), settings);
  for (store::Operation& operation : operations) {
    auto* accumulate = std::get_if<store::Accumulate>(&operation);
    if (accumulate != nullptr) {
      accumulate->deltas = {row->good * event.weight, row->bad * event.weight};
    }
  }
  return operations;
}

}  // namespace postern::reputation
