#include "lib/antispam/evals/rfc822_date.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Pieces = std::vector<std::string_view>;

struct NamedZone {
  std::string_view name;
  int minutes;
};

/// Names that are not here count as UTC.
constexpr std::array named_zones = {
    NamedZone{"UT", 0},      NamedZone{"UTC", 0},     NamedZone{"NDT", -150},
    NamedZone{"AST", -240},  NamedZone{"ADT", -180},  NamedZone{"NST", -210},
    NamedZone{"EST", -300},  NamedZone{"EDT", -240},  NamedZone{"CST", -360},
    NamedZone{"CDT", -300},  NamedZone{"MST", -420},  NamedZone{"MDT", -360},
    NamedZone{"PST", -480},  NamedZone{"PDT", -420},  NamedZone{"HST", -600},
    NamedZone{"AKST", -540}, NamedZone{"AKDT", -480}, NamedZone{"HADT", -540},
    NamedZone{"HAST", -600}, NamedZone{"GMT", 0},     NamedZone{"BST", 60},
    NamedZone{"IST", 60},    NamedZone{"WET", 0},     NamedZone{"WEST", 60},
    NamedZone{"CET", 60},    NamedZone{"CEST", 120},  NamedZone{"EET", 120},
    NamedZone{"EEST", 180},  NamedZone{"MSK", 180},   NamedZone{"MSD", 240},
    NamedZone{"MET", 60},    NamedZone{"MEZ", 60},    NamedZone{"MEST", 120},
    NamedZone{"MESZ", 120},  NamedZone{"BRST", -120}, NamedZone{"BRT", -180},
    NamedZone{"AEST", 600},  NamedZone{"AEDT", 660},  NamedZone{"ACST", 570},
    NamedZone{"ACDT", 630},  NamedZone{"AWST", 480},  NamedZone{"NZST", 720},
    NamedZone{"NZDT", 780},  NamedZone{"JST", 540},   NamedZone{"KST", 540},
    NamedZone{"HKT", 480},   NamedZone{"SGT", 480},   NamedZone{"PHT", 480},
    NamedZone{"IDT", 180},
};

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};

/// No field of a date is as large; it keeps sums of many digits in bounds.
constexpr std::int64_t max_field = 1'000'000;

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), ascii::is_digit);
}

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  for (const char digit : digits) value = std::min(value * 10 + (digit - '0'), max_field);
  return value;
}

/// 1 to 12, or 0.
int month_number(std::string_view word) {
  const auto* found = std::find_if(month_names.begin(), month_names.end(), [&](auto name) {
    return ascii::equals_ignoring_case(word, name);
  });
  return found == month_names.end() ? 0 : static_cast<int>(found - month_names.begin()) + 1;
}

Pieces words_of(std::string_view text) {
  Pieces words;
  std::size_t begin = 0;
  const auto is_separator = [](char c) { return c == ',' || is_space_octet(c); };
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !is_separator(text[at])) continue;
    if (at > begin) words.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  return words;
}

/// Pieces between colons.
Pieces clock_fields(std::string_view word) {
  Pieces fields;
  while (true) {
    const std::size_t colon = word.find(':');
    fields.push_back(word.substr(0, colon));
    if (colon == word.npos) return fields;
    word.remove_prefix(colon + 1);
  }
}

struct Day {
  std::int64_t year = 0;
  int month = 0;
  std::int64_t day = 0;
};

void remove_words(Pieces& words, std::size_t first, std::size_t count) {
  const auto begin = words.begin() + static_cast<std::ptrdiff_t>(first);
  words.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
}

/// RFC 5322 §4.3 for short years.
std::int64_t full_year(std::string_view digits) {
  const std::int64_t year = number(digits);
  if (digits.size() == 4) return year;
  return digits.size() == 2 && year < 50 ? year + 2000 : year + 1900;
}

/// "3 May 2010" with a year of so many digits.
std::optional<Day> take_day_month_year(Pieces& words, std::size_t min_digits,
                                       std::size_t max_digits) {
  for (std::size_t at = 0; at + 2 < words.size(); ++at) {
    const std::string_view year = words[at + 2];
    if (year.size() < min_digits || year.size() > max_digits || !is_number(year) ||
        !is_number(words[at]) || month_number(words[at + 1]) == 0) {
      continue;
    }
    const Day day = {full_year(year), month_number(words[at + 1]), number(words[at])};
    remove_words(words, at, 3);
    return day;
  }
  return std::nullopt;
}

/// "May 3 06:08:01 2010". The time goes with it, unread, as in SpamAssassin.
std::optional<Day> take_month_day_time_year(Pieces& words) {
  for (std::size_t at = 0; at + 3 < words.size(); ++at) {
    const Pieces clock = clock_fields(words[at + 2]);
    if (month_number(words[at]) == 0 || !is_number(words[at + 1]) || clock.size() != 3 ||
        !std::all_of(clock.begin(), clock.end(), is_number) || words[at + 3].size() != 4 ||
        !is_number(words[at + 3])) {
      continue;
    }
    const Day day = {number(words[at + 3]), month_number(words[at]), number(words[at + 1])};
    remove_words(words, at, 4);
    return day;
  }
  return std::nullopt;
}

std::optional<Day> take_day(Pieces& words) {
  if (const auto day = take_day_month_year(words, 4, 4)) return day;
  if (const auto day = take_month_day_time_year(words)) return day;
  return take_day_month_year(words, 2, 3);
}

bool is_clock(const Pieces& fields) {
  return (fields.size() == 2 || fields.size() == 3) && fields[0].size() <= 2 &&
         std::all_of(fields.begin(), fields.end(), is_number) &&
         std::all_of(fields.begin() + 1, fields.end(), [](auto f) { return f.size() == 2; });
}

/// Seconds since midnight of the first word that is a time of day, or 0.
std::int64_t take_time(Pieces& words) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    const Pieces fields = clock_fields(words[at]);
    if (!is_clock(fields)) continue;
    const std::int64_t second = fields.size() == 3 ? number(fields[2]) : 0;
    const std::int64_t seconds = std::min<std::int64_t>(number(fields[0]), 23) * 3600 +
                                 std::min<std::int64_t>(number(fields[1]), 59) * 60 +
                                 std::min<std::int64_t>(second, 59);
    remove_words(words, at, 1);
    return seconds;
  }
  return 0;
}

bool is_zone_letter(char c) {
  return c >= 'A' && c <= 'Z';
}

/// The first run of two to four capitals that is a word; with "-DST" if that follows.
std::string_view zone_name_in(std::string_view word) {
  constexpr std::string_view summer = "-DST";
  std::size_t at = 0;
  while (at < word.size()) {
    std::size_t end = at;
    while (end < word.size() && is_word_octet(word[end])) ++end;
    const std::string_view run = word.substr(at, end - at);
    if (run.size() >= 2 && run.size() <= 4 && std::all_of(run.begin(), run.end(), is_zone_letter)) {
      const std::string_view rest = word.substr(end);
      const bool has_summer = rest.starts_with(summer) &&
                              (rest.size() == summer.size() || !is_word_octet(rest[summer.size()]));
      return word.substr(at, run.size() + (has_summer ? summer.size() : 0));
    }
    at = end + 1;
  }
  return {};
}

std::int64_t named_zone_minutes(const Pieces& words) {
  for (const std::string_view word : words) {
    const std::string_view name = zone_name_in(word);
    if (name.empty()) continue;
    const auto* zone = std::find_if(named_zones.begin(), named_zones.end(),
                                    [&](const NamedZone& z) { return z.name == name; });
    return zone == named_zones.end() ? 0 : zone->minutes;  // only the first name counts
  }
  return 0;
}

/// East of Greenwich.
std::int64_t zone_minutes(const Pieces& words) {
  for (const std::string_view word : words) {
    if (word.size() != 5 || (word[0] != '+' && word[0] != '-') || !is_number(word.substr(1))) {
      continue;
    }
    const std::int64_t minutes = number(word.substr(1, 2)) * 60 + number(word.substr(3));
    return word[0] == '-' ? -minutes : minutes;
  }
  return named_zone_minutes(words);
}

bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(std::int64_t year, int month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// A day beyond its month becomes the first of the next one.
void bring_into_month(Day& day) {
  if (day.day <= days_in_month(day.year, day.month)) return;
  day.day = 1;
  if (++day.month > 12) {
    day.month = 1;
    ++day.year;
  }
}

/// Of years from 1970 on.
std::int64_t days_since_epoch(const Day& day) {
  const std::int64_t before = day.year - 1;
  std::int64_t days = 365 * (day.year - 1970) + (before / 4 - 1969 / 4) -
                      (before / 100 - 1969 / 100) + (before / 400 - 1969 / 400);
  for (int month = 1; month < day.month; ++month) days += days_in_month(day.year, month);
  return days + day.day - 1;
}

}  // namespace

std::optional<std::int64_t> parse_rfc822_date(std::string_view text) {
  Pieces words = words_of(text);
  std::optional<Day> day = take_day(words);
  if (!day) return std::nullopt;
  const std::int64_t seconds = take_time(words);
  const std::int64_t offset = zone_minutes(words) * 60;
  bring_into_month(*day);
  day->year = std::clamp<std::int64_t>(day->year, 1970, 2037);
  if (day->day < 1 || day->day > days_in_month(day->year, day->month)) return std::nullopt;
  const std::int64_t time = days_since_epoch(*day) * 86'400 + seconds;
  return offset > 0 ? std::max<std::int64_t>(time - offset, 0) : time - offset;
}

}  // namespace postern::antispam
