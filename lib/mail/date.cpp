#include "lib/mail/date.hpp"

#include <array>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

struct NamedZone {
  std::string_view name;
  int hours;
};
constexpr std::array<NamedZone, 11> named_zones = {{{"ut", 0},
                                                    {"gmt", 0},
                                                    {"utc", 0},
                                                    {"est", -5},
                                                    {"edt", -4},
                                                    {"cst", -6},
                                                    {"cdt", -5},
                                                    {"mst", -7},
                                                    {"mdt", -6},
                                                    {"pst", -8},
                                                    {"pdt", -7}}};

// Days since 1970-01-01 in the Gregorian calendar. Counting years from March puts the leap day at
// the end of a year.
std::int64_t days_since_epoch(std::int64_t year, unsigned month, unsigned day) {
  const std::int64_t y = month > 2 ? year : year - 1;
  const std::int64_t months_since_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
  const std::int64_t before_1970 = 719468;  // from 0000-03-01
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - before_1970;
}

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days.at(month - 1) + (month == 2 && is_leap ? 1 : 0);
}

class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text.substr(0, max_date_size)) {}

  Parsed<DateTime> read() {
    skip_day_of_week();
    const auto day = read_number(2);
    const auto month = read_month();
    const auto year = read_year();
    if (!day || !month || !year) return parse_error(at_, "date is not day, month, year");
    if (*day < 1 || *day > days_in_month(*year, *month)) {
      return parse_error(at_, "month has no such day");
    }
    const auto time = read_time();
    if (!time) return parse_error(at_, "time is not hour:minute[:second]");
    const int offset = read_zone();
    const std::int64_t local = days_since_epoch(*year, *month, *day) * 86400 + *time;
    return DateTime{local - offset, offset};
  }

 private:
  void skip() { at_ = skip_cfws(text_, at_).end; }

  bool accept(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string read_word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && ascii::is_alpha(text_[at_])) ++at_;
    return ascii::to_lower(text_.substr(begin, at_ - begin));
  }

  std::optional<unsigned> read_number(std::size_t max_digits) {
    skip();
    const std::size_t begin = at_;
    unsigned number = 0;
    while (at_ < text_.size() && ascii::is_digit(text_[at_]) && at_ - begin < max_digits) {
      number = number * 10 + static_cast<unsigned>(text_[at_++] - '0');
    }
    const bool goes_on = at_ < text_.size() && ascii::is_digit(text_[at_]);
    if (at_ == begin || goes_on) return std::nullopt;
    return number;
  }

  void skip_day_of_week() {
    read_word();
    accept(',');
  }

  std::optional<unsigned> read_month() {
    accept('-');  // 01-Jan-2024
    const std::string name = read_word().substr(0, 3);
    accept('-');
    for (unsigned i = 0; i < months.size(); ++i) {
      if (months.at(i) == name) return i + 1;
    }
    return std::nullopt;
  }

  // RFC 5322 §4.3: two digits are 1950 to 2049, three are years since 1900.
  std::optional<unsigned> read_year() {
    skip();
    const std::size_t begin = at_;
    const auto year = read_number(4);
    if (!year) return std::nullopt;
    const std::size_t digits = at_ - begin;
    if (digits == 2) return *year < 50 ? *year + 2000 : *year + 1900;
    if (digits == 3) return *year + 1900;
    if (digits == 4 && *year >= 1900) return year;
    return std::nullopt;
  }

  // Seconds since midnight.
  std::optional<unsigned> read_time() {
    const auto hour = read_number(2);
    if (!hour || !accept(':')) return std::nullopt;
    const auto minute = read_number(2);
    const auto second = accept(':') ? read_number(2) : std::optional<unsigned>(0);
    if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
  }

  // Seconds east of UTC.
  int read_zone() {
    skip();
    if (at_ == text_.size()) return 0;
    const char sign = text_[at_];
    if (sign == '+' || sign == '-') {
      ++at_;
      const auto digits = read_number(4);
      if (!digits || *digits % 100 > 59) return 0;
      const auto seconds = static_cast<int>(*digits / 100 * 3600 + *digits % 100 * 60);
      return sign == '-' ? -seconds : seconds;
    }
    const std::string name = read_word();
    for (const NamedZone& zone : named_zones) {
      if (zone.name == name) return zone.hours * 3600;
    }
    return 0;  // military letters were defined the wrong way round (RFC 5322 §4.3)
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Parsed<DateTime> parse_date(std::string_view text) {
  return DateReader(text).read();
}

}  // namespace postern::mail
