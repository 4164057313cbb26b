#include "lib/policy/notice_message.hpp"

#include <array>
#include <string_view>

#include "lib/base/ascii.hpp"

namespace postern::policy {
namespace {

constexpr std::size_t max_line_size = 900;  // octets; RFC 5322 §2.1.1 allows 998

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, max_line_size));
  for (char& c : out) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return out;
}

std::string two_digits(unsigned number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

// "Sun, 22 Nov 2026 22:15:17 +0000" (RFC 5322 §3.3).
std::string format_date(std::chrono::sys_time<std::chrono::milliseconds> now) {
  using namespace std::chrono;
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_days day = floor<std::chrono::days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(now - day));
  return std::string(days[weekday(day).c_encoding()]) + ", " +
         two_digits(static_cast<unsigned>(date.day())) + " " +
         months[static_cast<unsigned>(date.month()) - 1] + " " +
         std::to_string(static_cast<int>(date.year())) + " " +
         two_digits(static_cast<unsigned>(time.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(time.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(time.seconds().count())) + " +0000";
}

}  // namespace

std::string notice_message(const NoticeLetter& letter,
                           std::chrono::sys_time<std::chrono::milliseconds> now) {
  std::string message = "From: Postern <" + one_line(letter.author) + ">\r\n";
  message += "To: <" + one_line(letter.recipient) + ">\r\n";
  message += "Subject: " + one_line(letter.subject) + "\r\n";
  message += "Date: " + format_date(now) + "\r\n";
  message += "Message-ID: <postern." + std::to_string(now.time_since_epoch().count()) + "." +
             std::to_string(std::hash<std::string>()(letter.recipient + letter.text)) + "@" +
             one_line(letter.host_name) + ">\r\n";
  message += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  message += "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
  std::string_view rest = letter.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    message += one_line(rest.substr(0, end)) + "\r\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return message;
}

}  // namespace postern::policy
