// Evals over Date and the dates of Received (Mail::SpamAssassin::Plugin::HeaderEval).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/rfc822_date.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
using Seconds = std::int64_t;

constexpr std::string_view received_date = R"(\s.?\d+ \S\S\S \d+ \d+:\d+:\d+ \S+)";

struct DateFacts {
  bool is_known = false;
  std::optional<Seconds> author;   ///< Of Resent-Date or Date.
  std::vector<Seconds> relays;     ///< Of Received, top-most first.
  std::optional<Seconds> fetched;  ///< When a program took the mail from a mailbox elsewhere.
  Seconds difference = 0;          ///< Author's date minus the closest of the relays.
};

std::optional<Seconds> first_date(const MimeNode& root, std::string_view name) {
  for (const NodeField& field : root.fields) {
    if (!ascii::equals_ignoring_case(field.name, name)) continue;
    if (const auto time = parse_rfc822_date(field.value.bytes)) return time;
  }
  return std::nullopt;
}

std::optional<Seconds> date_in(const EvalContext& context, std::string_view received) {
  const Regex* regex = context.regexes.regex(received_date);
  const RegexMatch match = regex == nullptr ? RegexMatch() : regex->find(received);
  if (!match) return std::nullopt;
  return parse_rfc822_date(received.substr(match.begin, match.end - match.begin));
}

/// Takes the lines at the top that fetchmail and the local delivery behind it wrote.
std::vector<std::string_view> take_local(const EvalContext& context,
                                         std::vector<std::string_view>& received) {
  constexpr std::string_view from_here =
      R"(\bfrom (?:localhost\s|(?:\S+ ){1,2}\S*\b127\.0\.0\.1\b)|qmail \d+ invoked by uid \d+)";
  constexpr std::string_view by_fetchmail = R"(\bby localhost with \w+ \(fetchmail-[\d.]+)";
  const std::size_t above = !received.empty() && matches(context, from_here, received[0]) ? 1 : 0;
  if (received.size() <= above || !matches(context, by_fetchmail, received[above])) return {};
  const auto end = received.begin() + static_cast<std::ptrdiff_t>(above) + 1;
  const std::vector<std::string_view> local(received.begin(), end);
  received.erase(received.begin(), end);
  return local;
}

void read_received(EvalContext& context, DateFacts& facts) {
  const std::string text = context.message.header_text("Received");
  std::vector<std::string_view> received = lines_of(text);
  received.erase(std::remove_if(received.begin(), received.end(),
                                [](std::string_view line) {
                                  return std::all_of(line.begin(), line.end(), is_space_octet);
                                }),
                 received.end());
  for (const std::string_view line : take_local(context, received)) {
    const auto time = date_in(context, line);
    if (time && context.now >= *time)
      facts.fetched = std::max(*time, facts.fetched.value_or(*time));
  }
  for (const std::string_view line : received) {
    if (const auto time = date_in(context, line)) facts.relays.push_back(*time);
  }
}

/// 0 where one of the two is not there. The last relay, where it is the author's own computer, does
/// not count.
Seconds find_difference(const DateFacts& facts) {
  if (!facts.author || facts.relays.empty()) return 0;
  std::vector<Seconds> differences;
  for (const Seconds relay : facts.relays) differences.push_back(*facts.author - relay);
  if (differences.size() > 1 && differences.back() == 0) differences.pop_back();
  return *std::min_element(differences.begin(), differences.end(),
                           [](Seconds a, Seconds b) { return std::abs(a) < std::abs(b); });
}

const DateFacts& date_facts(EvalContext& context) {
  auto& facts = context.memory.get<DateFacts>();
  if (facts.is_known) return facts;
  facts.is_known = true;
  const MimeNode& root = context.message.root();
  facts.author = first_date(root, "Resent-Date");
  if (!facts.author) facts.author = first_date(root, "Date");
  read_received(context, facts);
  facts.difference = find_difference(facts);
  return facts;
}

double check_for_shifted_date(EvalContext& context, Values values) {
  const double hours = static_cast<double>(date_facts(context).difference) / 3600;
  return is_within_undef_bounds(hours, Arguments(values));
}

/// The middle one of all that the message says; 0: nothing.
Seconds find_received_date(const DateFacts& facts) {
  std::vector<Seconds> dates;
  if (facts.author) dates.push_back(*facts.author);
  if (!facts.relays.empty()) dates.push_back(facts.relays.front());
  if (facts.fetched) dates.push_back(*facts.fetched);
  if (facts.author && !facts.relays.empty()) dates.push_back(*facts.author - facts.difference);
  if (dates.empty()) return 0;
  std::sort(dates.begin(), dates.end(), std::greater<>());
  return dates[(dates.size() - 1) / 2];
}

double received_within_months(EvalContext& context, Values values) {
  constexpr double seconds_per_month = 31'556'952.0 / 12;
  const Arguments arguments(values);
  const Seconds age = context.now - find_received_date(date_facts(context));
  const auto is_open = [&](std::size_t at) {
    return !arguments.has(at) || arguments.text(at) == "undef";
  };
  const double months = static_cast<double>(age) / seconds_per_month;
  return (is_open(0) || months >= arguments.number(0)) &&
         (is_open(1) || months < arguments.number(1));
}

/// The eight hexadecimal digits in which Outlook keeps the time.
std::optional<std::uint32_t> outlook_time(std::string_view id) {
  constexpr std::array<std::size_t, 3> sizes = {12, 8, 8};
  constexpr std::string_view ends = "$$@";
  if (!id.starts_with('<')) return std::nullopt;
  std::size_t at = 1;
  for (std::size_t part = 0; part < ends.size(); ++part) {
    for (const char c : id.substr(std::min(at, id.size()), sizes[part])) {
      if (!ascii::is_digit(c) && (c < 'a' || c > 'f')) return std::nullopt;
    }
    at += sizes[part];
    if (at >= id.size() || id[at] != ends[part]) return std::nullopt;
    ++at;
  }
  std::uint32_t time = 0;
  for (const char c : id.substr(5, 8)) {
    time = time * 16 + static_cast<std::uint32_t>(ascii::hex_value(c));
  }
  return time;
}

/// Windows counts in units of 2^24 * 100 ns.
bool is_near(std::uint32_t outlook, std::string_view date) {
  constexpr double units_per_second = 0.0023283064365387;
  constexpr double units_at_epoch = 27111902.8329849;
  constexpr double tolerance = 250;
  const auto seconds = static_cast<double>(parse_rfc822_date(date).value_or(0));
  const double expected = std::trunc(seconds * units_per_second + units_at_epoch);
  return std::abs(static_cast<double>(outlook) - expected) < tolerance;
}

double check_outlook_message_id(EvalContext& context, Values) {
  const std::optional<std::uint32_t> time = outlook_time(context.message.header_text("MESSAGEID"));
  return time && !is_near(*time, context.message.header_text("Date")) &&
         !is_near(*time, context.message.header_text("Received"));
}

constexpr std::array rows = {
    Eval{"check_for_shifted_date", "HeaderEval", check_for_shifted_date},
    Eval{"check_outlook_message_id", "HeaderEval", check_outlook_message_id},
    Eval{"received_within_months", "HeaderEval", received_within_months},
};

}  // namespace

std::span<const Eval> date_evals() {
  return rows;
}

}  // namespace postern::antispam
