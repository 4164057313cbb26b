#include "lib/policy/replay.hpp"

#include <array>
#include <charconv>

#include "lib/base/ascii.hpp"

namespace postern::policy {
namespace {

using namespace std::chrono;

// The number of `digits` digits at `at`, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return -1;
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (!ascii::is_digit(c)) return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::optional<store::Time> make_time(int y, int m, int d, std::string_view clock) {
  const int hour = number_at(clock, 0, 2);
  const int minute = number_at(clock, 3, 2);
  const int second = number_at(clock, 6, 2);
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (m < 1 || d < 1 || !date.ok() || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  return store::Time(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second);
}

// "+0100", "+01:00", or "Z" behind the seconds and their fraction.
minutes zone_offset(std::string_view text) {
  const std::size_t sign = text.find_first_of("+-Z");
  if (sign == text.npos || text[sign] == 'Z') return minutes(0);
  const int hour = number_at(text, sign + 1, 2);
  const int minute = number_at(text, sign + (text.substr(sign).find(':') == 3 ? 4 : 3), 2);
  if (hour < 0) return minutes(0);
  const minutes offset = hours(hour) + minutes(std::max(minute, 0));
  return text[sign] == '-' ? -offset : offset;
}

// What stands between `begin` and `end`; nothing when one is missing.
std::optional<std::string_view> between(std::string_view text, std::string_view begin,
                                        std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == text.npos) return std::nullopt;
  const std::size_t at = from + begin.size();
  const std::size_t to = text.find(end, at);
  if (to == text.npos) return std::nullopt;
  return text.substr(at, to - at);
}

// The value of a key in a line of logfmt, with its quotes and escapes undone.
std::optional<std::string> field(std::string_view line, std::string_view key) {
  const std::string begin = " " + std::string(key) + "=";
  const std::size_t from = line.find(begin);
  if (from == line.npos) return std::nullopt;
  std::string_view rest = line.substr(from + begin.size());
  if (!rest.starts_with('"')) return std::string(rest.substr(0, rest.find(' ')));
  rest.remove_prefix(1);
  std::string value;
  for (std::size_t i = 0; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return value;
}

// "name[192.0.2.1]" or "unknown[192.0.2.1]:4321".
bool set_client(Request& request, std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open == text.npos ? 0 : open);
  if (open == text.npos || close == text.npos) return false;
  const auto address = parse_ip_address(text.substr(open + 1, close - open - 1));
  if (!address) return false;
  request.client_address = *address;
  const std::string_view name = text.substr(0, open);
  if (name != "unknown") {
    request.client_name = name;
    request.reverse_client_name = name;
  }
  return true;
}

void set_text(Request& request, std::string_view line, std::string_view attribute,
              std::string_view key) {
  const auto value = field(line, key);
  const auto number = find_attribute(attribute);
  if (value && number) set_attribute(request, *number, *value);
}

}  // namespace

std::optional<store::Time> parse_log_time(std::string_view line, int year) {
  const int full_year = number_at(line, 0, 4);
  if (full_year >= 0 && line.size() > 19 && line[4] == '-') {
    const auto time =
        make_time(full_year, number_at(line, 5, 2), number_at(line, 8, 2), line.substr(11, 8));
    if (!time) return std::nullopt;
    return *time - zone_offset(line.substr(19, 16));
  }
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month_at = line.size() < 16 ? names.npos : names.find(line.substr(0, 3));
  if (month_at == names.npos || month_at % 3 != 0) return std::nullopt;
  const int day_number = line[4] == ' ' ? number_at(line, 5, 1) : number_at(line, 4, 2);
  return make_time(year, static_cast<int>(month_at / 3) + 1, day_number, line.substr(7, 8));
}

std::optional<LoggedRequest> LogReader::read(std::string_view line) {
  const auto time = parse_log_time(line, year_);
  if (!time) return std::nullopt;
  if (line.find("event=policy ") != line.npos) return read_own(line, *time);
  if (line.find(" postfix/") == line.npos && line.find("/smtpd[") == line.npos) return std::nullopt;
  const std::size_t text = line.find("]: ");
  if (text == line.npos) return std::nullopt;
  const std::string_view rest = line.substr(text + 3);
  if (rest.starts_with("NOQUEUE: reject: RCPT from ")) return read_reject(rest, *time);
  return read_message(rest, *time);
}

std::optional<LoggedRequest> LogReader::read_own(std::string_view line, store::Time time) const {
  LoggedRequest logged;
  logged.time = time;
  Request& request = logged.request;
  const std::array<std::pair<std::string_view, std::string_view>, 12> names = {
      {{"protocol_state", "state"},
       {"client_address", "client"},
       {"client_name", "client_name"},
       {"reverse_client_name", "client_name"},
       {"helo_name", "helo"},
       {"sender", "sender"},
       {"recipient", "recipient"},
       {"recipient_count", "recipients"},
       {"size", "size"},
       {"sasl_username", "login"},
       {"instance", "instance"},
       {"policy_context", "context"}}};
  for (const auto& [attribute, key] : names) set_text(request, line, attribute, key);
  if (request.rfc5321_mail_from == "<>") request.rfc5321_mail_from.clear();
  logged.action = field(line, "action").value_or("");
  return logged;
}

std::optional<LoggedRequest> LogReader::read_reject(std::string_view text, store::Time time) const {
  LoggedRequest logged;
  logged.time = time;
  logged.request.state = State::rcpt;
  const auto client = between(text, "RCPT from ", ": ");
  if (!client || !set_client(logged.request, *client)) return std::nullopt;
  logged.request.rfc5321_mail_from = between(text, " from=<", ">").value_or("");
  logged.request.recipient = between(text, " to=<", ">").value_or("");
  const std::size_t helo = text.find(" helo=<");
  if (helo != text.npos) {
    logged.request.helo_name = between(text.substr(helo), " helo=<", ">").value_or("");
  }
  logged.action = between(text, "]: ", ";").value_or("");
  return logged;
}

// "QUEUEID: client=…", "QUEUEID: from=<…>, size=…", "QUEUEID: to=<…>, …", "QUEUEID: removed".
std::optional<LoggedRequest> LogReader::read_message(std::string_view text, store::Time time) {
  const std::size_t colon = text.find(": ");
  if (colon == text.npos) return std::nullopt;
  const std::string_view id = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 2);
  if (rest.starts_with("client=")) {
    Message message;
    message.request.state = State::rcpt;
    message.request.queue_id = id;
    message.request.instance = id;
    if (!set_client(message.request, rest.substr(7))) return std::nullopt;
    message.request.helo_name = message.request.client_name;
    const std::size_t login = rest.find("sasl_username=");
    if (login != rest.npos) {
      const std::string_view name = rest.substr(login + 14);
      message.request.sasl_username = name.substr(0, name.find(", "));
    }
    if (messages_.size() >= max_messages) messages_.erase(messages_.begin());
    messages_.insert_or_assign(std::string(id), std::move(message));
    return std::nullopt;
  }
  const auto found = messages_.find(id);
  if (found == messages_.end()) return std::nullopt;
  Message& message = found->second;
  if (rest.starts_with("from=<")) {
    message.request.rfc5321_mail_from = between(rest, "from=<", ">").value_or("");
    return std::nullopt;
  }
  if (rest == "removed") {
    messages_.erase(found);
    return std::nullopt;
  }
  if (!rest.starts_with("to=<")) return std::nullopt;
  const auto original = between(rest, "orig_to=<", ">");
  const std::string recipient(original ? *original : between(rest, "to=<", ">").value_or(""));
  // A recipient that is tried again was asked about once.
  if (message.recipients.find(" " + recipient + " ") != message.recipients.npos) {
    return std::nullopt;
  }
  message.recipients += " " + recipient + " ";
  LoggedRequest logged{time, message.request, "accepted"};
  logged.request.recipient = recipient;
  return logged;
}

}  // namespace postern::policy
