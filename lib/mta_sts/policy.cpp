#include "lib/mta_sts/policy.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::mta_sts {
namespace {

std::optional<Mode> mode_of(std::string_view word) {
  for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
    if (word == to_token(mode)) return mode;
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> age_of(std::string_view digits) {
  constexpr std::size_t max_digits = 10;
  if (digits.empty() || digits.size() > max_digits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  const std::chrono::seconds age(value);
  return age <= longest_age ? std::optional(age) : std::nullopt;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

// What one pass over the lines has found.
struct Fields {
  std::optional<std::string_view> version;
  std::optional<std::string_view> mode;
  std::optional<std::string_view> max_age;
  std::vector<std::string> mx;
  bool bad_mx = false;
  bool many_mx = false;
};

void read_host(std::string_view value, Fields& fields) {
  const std::string_view name = value.starts_with("*.") ? value.substr(2) : value;
  const auto host = dns::parse_domain(name);
  if (!host) {
    fields.bad_mx = true;
  } else if (fields.mx.size() < max_hosts) {
    fields.mx.push_back((name.size() == value.size() ? "" : "*.") + *host);
  } else {
    fields.many_mx = true;
  }
}

void read_field(std::string_view line, Fields& fields) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return;
  const std::string_view name = ascii::trim(line.substr(0, colon));
  const std::string_view value = ascii::trim(line.substr(colon + 1));
  const auto first = [&](std::optional<std::string_view>& field) {
    if (!field) field = value;
  };
  if (name == "version") first(fields.version);
  if (name == "mode") first(fields.mode);
  if (name == "max_age") first(fields.max_age);
  if (name == "mx") read_host(value, fields);
}

}  // namespace

std::string_view to_token(Mode mode) {
  switch (mode) {
    case Mode::none: return "none";
    case Mode::testing: return "testing";
    case Mode::enforce: return "enforce";
  }
  return "";
}

std::string format(const Policy& policy) {
  std::string text = "version: STSv1\r\nmode: " + std::string(to_token(policy.mode)) + "\r\n";
  for (const std::string& host : policy.mx) text += "mx: " + host + "\r\n";
  return text + "max_age: " + std::to_string(policy.max_age.count()) + "\r\n";
}

Parsed<Policy> parse_policy(std::string_view text) {
  if (text.size() > max_policy_size) return parse_error(max_policy_size, "is too large");
  Fields fields;
  for (std::string_view rest = text; !rest.empty();) read_field(take_line(rest), fields);
  if (fields.version != "STSv1") return parse_error(0, "has no line \"version: STSv1\"");
  const auto mode = fields.mode ? mode_of(*fields.mode) : std::nullopt;
  if (!mode) return parse_error(0, "mode is none of enforce, testing, and none");
  const auto age = fields.max_age ? age_of(*fields.max_age) : std::nullopt;
  if (!age) return parse_error(0, "max_age is not a number of seconds up to 31557600");
  if (fields.many_mx) return parse_error(0, "names more than 100 mx");
  if (fields.bad_mx) return parse_error(0, "an mx is no host name");
  if (fields.mx.empty() && *mode != Mode::none) return parse_error(0, "names no mx");
  return Policy{*mode, std::move(fields.mx), *age};
}

bool covers(const Policy& policy, std::string_view host) {
  return std::any_of(policy.mx.begin(), policy.mx.end(), [host](std::string_view pattern) {
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::size_t dot = host.find('.');  // the star stands for exactly one label
    return dot != host.npos && host.substr(dot) == pattern.substr(1);
  });
}

std::string policy_host(std::string_view domain) {
  return "mta-sts." + std::string(domain);
}

std::string policy_url(std::string_view domain) {
  return "https://" + policy_host(domain) + "/.well-known/mta-sts.txt";
}

}  // namespace postern::mta_sts
