#include "lib/records/mta_sts.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::records {
namespace {

constexpr std::string_view record_version = "v=STSv1";

std::optional<StsMode> mode_of(std::string_view word) {
  for (const StsMode mode : {StsMode::none, StsMode::testing, StsMode::enforce}) {
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
  return age <= max_sts_age ? std::optional(age) : std::nullopt;
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
};

void read_host(std::string_view value, Fields& fields) {
  const std::string_view name = value.starts_with("*.") ? value.substr(2) : value;
  const auto host = dns::parse_domain(name);
  if (!host) {
    fields.bad_mx = true;
  } else if (fields.mx.size() < max_sts_hosts) {
    fields.mx.push_back((name.size() == value.size() ? "" : "*.") + *host);
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

std::string_view to_token(StsMode mode) {
  switch (mode) {
    case StsMode::none: return "none";
    case StsMode::testing: return "testing";
    case StsMode::enforce: return "enforce";
  }
  return "";
}

std::string format_sts_record(std::string_view id) {
  return std::string(record_version) + "; id=" + std::string(id);
}

bool is_sts_record(std::string_view text) {
  if (!text.starts_with(record_version)) return false;
  const std::string_view rest = text.substr(record_version.size());
  return rest.empty() || rest.front() == ';' || ascii::is_blank(rest.front());
}

Parsed<std::string> parse_sts_record(std::string_view text) {
  if (!is_sts_record(text)) return parse_error(0, "does not start with v=STSv1;");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view field = ascii::trim(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (!field.starts_with("id=")) continue;
    const std::string_view id = field.substr(3);
    if (id.empty() || id.size() > max_sts_id_size ||
        !std::all_of(id.begin(), id.end(), ascii::is_alnum)) {
      return parse_error(0, "id= is not 1 to 32 letters and digits");
    }
    return std::string(id);
  }
  return parse_error(text.size(), "has no id=");
}

std::string format(const StsPolicy& policy) {
  std::string text = "version: STSv1\r\nmode: " + std::string(to_token(policy.mode)) + "\r\n";
  for (const std::string& host : policy.mx) text += "mx: " + host + "\r\n";
  return text + "max_age: " + std::to_string(policy.max_age.count()) + "\r\n";
}

Parsed<StsPolicy> parse_sts_policy(std::string_view text) {
  if (text.size() > max_sts_policy_size) return parse_error(max_sts_policy_size, "is too large");
  Fields fields;
  for (std::string_view rest = text; !rest.empty();) read_field(take_line(rest), fields);
  if (fields.version != "STSv1") return parse_error(0, "has no line \"version: STSv1\"");
  const auto mode = fields.mode ? mode_of(*fields.mode) : std::nullopt;
  if (!mode) return parse_error(0, "mode is none of enforce, testing, and none");
  const auto age = fields.max_age ? age_of(*fields.max_age) : std::nullopt;
  if (!age) return parse_error(0, "max_age is not a number of seconds up to 31557600");
  if (fields.bad_mx) return parse_error(0, "an mx is no host name");
  if (fields.mx.empty() && *mode != StsMode::none) return parse_error(0, "names no mx");
  return StsPolicy{*mode, std::move(fields.mx), *age};
}

bool covers(const StsPolicy& policy, std::string_view host) {
  return std::any_of(policy.mx.begin(), policy.mx.end(), [host](std::string_view pattern) {
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::size_t dot = host.find('.');  // the star stands for exactly one label
    return dot != host.npos && host.substr(dot) == pattern.substr(1);
  });
}

std::string sts_policy_url(std::string_view domain) {
  return "https://mta-sts." + std::string(domain) + "/.well-known/mta-sts.txt";
}

}  // namespace postern::records
