#include "lib/quota/usage.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/named_values.hpp"

namespace postern::quota {
namespace {

enum Name {
  name_user,
  name_time,
  name_storage,
  name_messages,
  name_grace,
  name_session,
  name_certain,
  name_host
};
constexpr std::array<ValueName, 8> names = {{{"user", "has no user"},
                                             {"time", "has no time"},
                                             {"storage"},
                                             {"messages"},
                                             {"grace"},
                                             {"session"},
                                             {"certain"},
                                             {"host"}}};
constexpr RecordForm form{"quota1", "does not start with quota1", names, max_usage_size};

bool read_resource(std::string_view value, Resource& resource) {
  const std::size_t slash = value.find('/');
  return slash != value.npos && read_number(value.substr(0, slash), max_amount, resource.used) &&
         read_number(value.substr(slash + 1), max_amount, resource.limit);
}

bool read_time(std::string_view value, Instant& time) {
  std::int64_t number = 0;
  if (!read_number(value, max_time_ms * 1000, number)) return false;
  time = Instant(std::chrono::microseconds(number));
  return true;
}

// Reads one value; a problem is a literal, empty when there is none.
std::string_view read(Name name, std::string_view value, Usage& usage) {
  const auto problem = [](bool is_right, std::string_view text) {
    return is_right ? std::string_view() : text;
  };
  switch (name) {
    case name_user:
      return problem(unescape_value(value, max_user_size, usage.user), "user cannot be read");
    case name_time:
      return problem(read_time(value, usage.time), "time is no number of microseconds");
    case name_storage:
      return problem(read_resource(value, usage.storage), "storage is no USED/LIMIT");
    case name_messages:
      return problem(read_resource(value, usage.messages), "messages is no USED/LIMIT");
    case name_grace:
      return problem(read_number(value, max_amount, usage.grace), "grace is no number");
    case name_session:
      return problem(read_time(value, usage.session), "session is no number of microseconds");
    case name_certain:
      usage.is_certain = value != "no";
      return problem(value == "no", "certain is not no");
    case name_host:
      return problem(unescape_value(value, max_host_size, usage.host), "host cannot be read");
  }
  return "";
}

std::int64_t share(const Resource& resource) {
  constexpr double most = 1'000'000;  // more percent than anybody needs to know
  if (resource.limit == 0) return 0;
  const double whole = static_cast<double>(resource.limit);
  return static_cast<std::int64_t>(
      std::min(100 * static_cast<double>(resource.used) / whole, most));
}

}  // namespace

Usage unknown_usage(std::string user, Instant time) {
  Usage usage;
  usage.user = std::move(user);
  usage.time = time;
  usage.is_certain = false;
  return usage;
}

Parsed<Usage> parse_usage(std::string_view line) {
  Usage usage;
  const auto read_all =
      read_named_values(line, form, [&](std::size_t name, std::string_view value) {
        return read(static_cast<Name>(name), value, usage);
      });
  if (!read_all) return Unexpected<ParseError>(read_all.error());
  return usage;
}

bool is_usage(std::string_view line) {
  return line.substr(0, line.find(' ')) == form.version;
}

std::string format(const Usage& usage) {
  std::string line(form.version);
  const auto add = [&line](std::string_view name, std::string_view value) {
    line.append(" ").append(name).append("=").append(value);
  };
  const auto text = [](const Resource& resource) {
    return std::to_string(resource.used) + "/" + std::to_string(resource.limit);
  };
  add("user", escape_value(usage.user));
  add("time", std::to_string(usage.time.time_since_epoch().count()));
  add("storage", text(usage.storage));
  add("messages", text(usage.messages));
  if (usage.grace != 0) add("grace", std::to_string(usage.grace));
  if (usage.session != Instant()) {
    add("session", std::to_string(usage.session.time_since_epoch().count()));
  }
  if (!usage.is_certain) add("certain", "no");
  if (!usage.host.empty()) add("host", escape_value(usage.host));
  return line;
}

bool is_full(const Usage& usage, std::int64_t message_size) {
  const Resource& storage = usage.storage;
  if (usage.messages.limit > 0 && usage.messages.used >= usage.messages.limit) return true;
  if (storage.limit == 0) return false;
  return storage.used >= storage.limit || message_size > storage.limit - storage.used + usage.grace;
}

bool is_too_large(const Usage& usage, std::int64_t message_size) {
  return usage.storage.limit > 0 && message_size > usage.storage.limit + usage.grace;
}

std::int64_t percent(const Usage& usage) {
  return std::max(share(usage.storage), share(usage.messages));
}

// As limits are written in Dovecot, whose 2G are 2 GiB.
std::string size_text(std::int64_t octets) {
  constexpr std::array<std::string_view, 6> units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  std::int64_t scale = 1;
  while (unit + 1 < units.size() && octets / scale >= 1024) {
    scale *= 1024;
    ++unit;
  }
  const std::int64_t tenths = octets / scale * 10 + octets % scale * 10 / scale;
  std::string text = std::to_string(tenths / 10);
  if (tenths < 100 && tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text.append(" ").append(units.at(unit));
}

std::string describe(const Usage& usage) {
  std::string text = size_text(usage.storage.used);
  if (usage.storage.limit > 0) text += " of " + size_text(usage.storage.limit);
  text += ", " + std::to_string(usage.messages.used);
  if (usage.messages.limit > 0) text += " of " + std::to_string(usage.messages.limit);
  return text + (usage.messages.used == 1 && usage.messages.limit == 0 ? " message" : " messages");
}

}  // namespace postern::quota
