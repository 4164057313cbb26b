// DMARC policy records: what a domain asks for and where it wants reports (RFC 9989 §4.7).
#include "lib/dmarc/record.hpp"

#include <array>
#include <bitset>

#include "lib/base/ascii.hpp"
#include "lib/dmarc/report_uri.hpp"

namespace postern::dmarc {
namespace {

constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && ascii::is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && ascii::is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The text up to `separator`, which is cut off `rest` with it.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return part;
}

constexpr bool is_word(std::string_view value, std::string_view word) {
  return ascii::equals_ignoring_case(value, word);
}

std::optional<Policy> parse_policy(std::string_view value, PolicyRecord& record) {
  for (const Policy policy : {Policy::none, Policy::quarantine, Policy::reject}) {
    if (is_word(value, to_token(policy))) return policy;
  }
  record.has_invalid_policy = true;
  return std::nullopt;
}

Alignment parse_alignment(std::string_view value) {
  return is_word(value, "s") ? Alignment::strict : Alignment::relaxed;
}

PublicSuffix parse_public_suffix(std::string_view value) {
  if (is_word(value, "y")) return PublicSuffix::yes;
  return is_word(value, "n") ? PublicSuffix::no : PublicSuffix::unknown;
}

FailureOptions parse_failure_options(std::string_view value) {
  FailureOptions options{.all_failed = false};
  while (!value.empty()) {
    const std::string_view option = trim_blanks(take_until(value, ':'));
    if (option == "0") {
      options.all_failed = true;
    } else if (option == "1") {
      options.any_failed = true;
    } else if (is_word(option, "d")) {
      options.dkim_failed = true;
    } else if (is_word(option, "s")) {
      options.spf_failed = true;
    } else {
      return {};
    }
  }
  return options == FailureOptions{.all_failed = false} ? FailureOptions{} : options;
}

std::vector<std::string> parse_uris(std::string_view value, PolicyRecord& record) {
  std::vector<std::string> uris;
  while (!value.empty()) {
    const Parsed<std::string> uri = parse_report_uri(trim_blanks(take_until(value, ',')));
    if (!uri) continue;
    if (uris.size() == max_report_uris) {
      record.has_more_uris = true;
      break;
    }
    uris.push_back(*uri);
  }
  return uris;
}

struct Tag {
  std::string_view name;
  void (*read)(std::string_view value, PolicyRecord& record);
};

using Text = std::string_view;
constexpr std::array tags = {
    Tag{"p", [](Text value, PolicyRecord& record) { record.p = parse_policy(value, record); }},
    Tag{"sp", [](Text value, PolicyRecord& record) { record.sp = parse_policy(value, record); }},
    Tag{"np", [](Text value, PolicyRecord& record) { record.np = parse_policy(value, record); }},
    Tag{"adkim", [](Text value, PolicyRecord& record) { record.adkim = parse_alignment(value); }},
    Tag{"aspf", [](Text value, PolicyRecord& record) { record.aspf = parse_alignment(value); }},
    Tag{"psd", [](Text value, PolicyRecord& record) { record.psd = parse_public_suffix(value); }},
    Tag{"t", [](Text value, PolicyRecord& record) { record.testing = is_word(value, "y"); }},
    Tag{"fo", [](Text value, PolicyRecord& record) { record.fo = parse_failure_options(value); }},
    Tag{"rua", [](Text value, PolicyRecord& record) { record.rua = parse_uris(value, record); }},
    Tag{"ruf", [](Text value, PolicyRecord& record) { record.ruf = parse_uris(value, record); }},
};

// dmarc-version (RFC 9989 §4.8); leaves what follows its ";".
bool take_version(std::string_view& text) {
  const std::string_view first = take_until(text, ';');
  const std::size_t equals = first.find('=');
  if (equals == first.npos || first.empty() || ascii::is_blank(first.front())) return false;
  return is_word(trim_blanks(first.substr(0, equals)), "v") &&
         trim_blanks(first.substr(equals + 1)) == "DMARC1";
}

void append_tag(std::string& text, std::string_view name, std::string_view value) {
  text.append("; ").append(name).append("=").append(value);
}

void append_uris(std::string& text, std::string_view name, const std::vector<std::string>& uris) {
  std::string list;
  for (const std::string& uri : uris) list.append(list.empty() ? "" : ",").append(uri);
  if (!list.empty()) append_tag(text, name, list);
}

std::string format(const FailureOptions& options) {
  std::string text;
  const auto add = [&](bool is_set, std::string_view option) {
    if (is_set) text.append(text.empty() ? "" : ":").append(option);
  };
  add(options.all_failed, "0");
  add(options.any_failed, "1");
  add(options.dkim_failed, "d");
  add(options.spf_failed, "s");
  return text;
}

}  // namespace

Parsed<PolicyRecord> parse_record(std::string_view text) {
  if (text.size() > max_record_size) return parse_error(max_record_size, "record is too long");
  if (!take_version(text)) return parse_error(0, "record does not begin with v=DMARC1");
  PolicyRecord record;
  std::bitset<tags.size()> seen;
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const bool has_value = value.find('=') != value.npos;
    const std::string_view name = trim_blanks(take_until(value, '='));
    for (std::size_t i = 0; has_value && i < tags.size(); ++i) {
      if (seen[i] || !is_word(name, tags[i].name)) continue;
      seen[i] = true;
      tags[i].read(trim_blanks(value), record);
    }
  }
  return record;
}

std::string format(const PolicyRecord& record) {
  std::string text = "v=DMARC1";
  if (record.p) append_tag(text, "p", to_token(*record.p));
  if (record.sp) append_tag(text, "sp", to_token(*record.sp));
  if (record.np) append_tag(text, "np", to_token(*record.np));
  if (record.adkim == Alignment::strict) append_tag(text, "adkim", "s");
  if (record.aspf == Alignment::strict) append_tag(text, "aspf", "s");
  if (record.psd != PublicSuffix::unknown) {
    append_tag(text, "psd", record.psd == PublicSuffix::yes ? "y" : "n");
  }
  if (record.testing) append_tag(text, "t", "y");
  if (record.fo != FailureOptions{}) append_tag(text, "fo", format(record.fo));
  append_uris(text, "rua", record.rua);
  append_uris(text, "ruf", record.ruf);
  return text;
}

std::optional<PolicyRecord> applicable(const PolicyRecord& record) {
  if (record.p && !record.has_invalid_policy) return record;
  if (record.rua.empty()) return std::nullopt;
  PolicyRecord monitoring = record;
  monitoring.p = Policy::none;
  monitoring.sp.reset();
  monitoring.np.reset();
  return monitoring;
}

std::string_view to_token(Policy policy) {
  switch (policy) {
    case Policy::none: return "none";
    case Policy::quarantine: return "quarantine";
    case Policy::reject: return "reject";
  }
  return "";
}

}  // namespace postern::dmarc
