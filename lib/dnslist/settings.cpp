#include "lib/dnslist/settings.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::dnslist {
namespace {

using config::ConfigError;
using config::row;

constexpr std::string_view group = "dnslist.zone";

// A list as the file has it; probes not given are those of its kind.
struct ListSettings {
  std::string zone;
  Kind kind = Kind::address;
  Weight weight{2};
  std::vector<std::string> codes;
  bool ipv6 = true;
  bool reason = false;
  std::string probe_listed = "default";
  std::string probe_unlisted = "default";
};

constexpr std::array common_table = {
    row<&Settings::suspicious_score>(
        "dnslist.suspicious_score", "2",
        "The sum of weights from which a client counts as suspicious, for greylisting."),
    row<&Settings::reject_score>(
        "dnslist.reject_score", "5",
        "The sum of weights from which a rule may reject a client. No zone adds more than "
        "zone_limit, so by default at least two must know the client."),
    row<&Settings::zone_limit>(
        "dnslist.zone_limit", "4",
        "What all lists of one zone together add at most. A list that one day lists "
        "everybody rejects nobody as long as this is below reject_score."),
    row<&Settings::probe_interval>(
        "dnslist.probe_interval", R"("15m")",
        "How often each list is asked about its test entries. One that fails is not asked until "
        "it works again. 0s: never."),
    row<&Settings::exempt_clients>("dnslist.exempt_clients", "[]",
                                   "Clients about whom no list is asked, such as your own "
                                   "networks. Private addresses never are."),
    row<&Settings::exempt_domains>("dnslist.exempt_domains", "[]",
                                   "Domains about which no list is asked, such as your own."),
};

constexpr std::array list_table = {
    row<&ListSettings::zone>(
        R"(dnslist.zone."NAME".zone)", R"("NAME")",
        "The zone that is asked; without it, NAME itself. With it, NAME stands in logs instead: "
        "for zones that hold a secret key, and for several lists with different codes in one "
        "zone."),
    row<&ListSettings::kind>(R"(dnslist.zone."NAME".kind)", R"("address")",
                             "Whether the list holds addresses of clients or domains of senders."),
    row<&ListSettings::weight>(R"(dnslist.zone."NAME".weight)", "2",
                               "What a hit adds to the score; below 0 for a list that vouches for "
                               "clients."),
    row<&ListSettings::codes>(
        R"(dnslist.zone."NAME".codes)", "[]",
        "Answers that count, such as \"127.0.0.2\", \"127.0.0.4-11\", or \"&0.0.0.6\" for those "
        "with one of these bits. Empty: all. Never counted are 127.0.0.1 and 127.255.255.x, with "
        "which lists refuse to answer, and addresses outside 127.0.0.0/8."),
    row<&ListSettings::ipv6>(R"(dnslist.zone."NAME".ipv6)", "true",
                             "Whether the list is asked about IPv6 addresses."),
    row<&ListSettings::reason>(R"(dnslist.zone."NAME".reason)", "false",
                               "Whether the list is asked why, for the log: one more question for "
                               "each hit."),
    row<&ListSettings::probe_listed>(
        R"(dnslist.zone."NAME".probe_listed)", R"("default")",
        "What the list must hold to be believed. default: 127.0.0.2, of a list of domains "
        "\"test\". Empty: not looked at."),
    row<&ListSettings::probe_unlisted>(
        R"(dnslist.zone."NAME".probe_unlisted)", R"("default")",
        "What it must not hold. default: 127.0.0.1, of a list of domains \"invalid\". Empty: not "
        "looked at."),
};

Unexpected<ConfigError> error_at(const config::Document& document, const std::string& name,
                                 std::string_view key, std::string problem) {
  const std::string prefix = std::string(group) + ".\"" + name + "\".";
  auto entry = document.find(prefix + std::string(key));
  if (entry == document.end()) entry = document.lower_bound(prefix);
  return Unexpected<ConfigError>(ConfigError{entry->second.file, entry->second.line,
                                             entry->first + ": " + std::move(problem)});
}

bool is_entry(Kind kind, const std::string& text) {
  return text.empty() || text == "default" ||
         (kind == Kind::address ? parse_ip_address(text).has_value()
                                : dns::parse_domain(text).has_value());
}

std::string entry_or(const std::string& text, std::string_view fallback) {
  return text == "default" ? std::string(fallback) : text;
}

Expected<List, ConfigError> make_list(const config::Document& document, const std::string& name,
                                      const ListSettings& own) {
  const auto zone = dns::parse_domain(own.zone.empty() ? name : own.zone);
  if (!zone) return error_at(document, name, "zone", "is no domain name");
  List list{name, *zone, own.kind, own.weight.value, {}, own.ipv6, own.reason, {}, {}};
  if (own.codes.size() > max_codes)
    return error_at(document, name, "codes", "has too many entries");
  for (const std::string& text : own.codes) {
    const auto code = parse_code(text);
    if (!code) {
      return error_at(document, name, "codes",
                      "\"" + text + "\" " + std::string(code.error().problem));
    }
    list.codes.push_back(*code);
  }
  const bool of_addresses = own.kind == Kind::address;
  for (const auto* key : {"probe_listed", "probe_unlisted"}) {
    const std::string& text =
        key == std::string_view("probe_listed") ? own.probe_listed : own.probe_unlisted;
    if (!is_entry(own.kind, text)) {
      return error_at(document, name, key, of_addresses ? "is no address" : "is no domain name");
    }
  }
  list.probe_listed = entry_or(own.probe_listed, of_addresses ? "127.0.0.2" : "test");
  list.probe_unlisted = entry_or(own.probe_unlisted, of_addresses ? "127.0.0.1" : "invalid");
  return list;
}

}  // namespace

Expected<Settings, ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(common_table), document);
  if (!settings) return settings;
  for (const std::string& name : config::names_in(document, group)) {
    if (settings->lists.size() == max_lists) {
      return error_at(document, name, "",
                      "there are more than " + std::to_string(max_lists) +
                          " lists, and each costs a question for each client");
    }
    const auto own = config::load_named(std::span<const config::Setting<ListSettings>>(list_table),
                                        document, name, ListSettings{});
    if (!own) return Unexpected<ConfigError>(own.error());
    auto list = make_list(document, name, *own);
    if (!list) return Unexpected<ConfigError>(list.error());
    settings->lists.push_back(std::move(*list));
  }
  return settings;
}

std::vector<config::Row> setting_rows() {
  std::vector<config::Row> rows(common_table.begin(), common_table.end());
  rows.insert(rows.end(), list_table.begin(), list_table.end());
  return rows;
}

dns::Evaluation<Score> evaluate(const Settings& settings, std::span<const List> lists,
                                const IpAddress& client, std::string_view domain,
                                const dns::Answers& answers) {
  const IpAddress ip = client.unmapped();
  for (const IpNetwork& network : settings.exempt_clients) {
    if (network.contains(ip)) return Score{};
  }
  const auto name = dns::parse_domain(domain);
  const bool named = name && !settings.exempt_domains.matches(*name);
  return evaluate(lists, ip, named ? std::string_view(*name) : std::string_view(), answers,
                  Bounds{settings.zone_limit.value});
}

}  // namespace postern::dnslist

namespace postern::config {

Expected<dnslist::Weight, std::string_view> ValueType<dnslist::Weight>::read(const Value& value) {
  constexpr double limit = 1000;
  constexpr std::string_view expected = "is no number from -1000 to 1000 such as 2 or 0.5";
  const auto given = ValueType<double>::read(value);
  if (given && *given >= -limit && *given <= limit) return dnslist::Weight{*given};
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Unexpected<std::string_view>(expected);
  std::string_view rest = *text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const std::size_t dot = rest.find('.');
  const std::string_view before = rest.substr(0, dot);
  const std::string_view after = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
  if (before.empty() || before.size() > 4 || after.size() > 3 ||
      (dot != rest.npos && after.empty()))
    return Unexpected<std::string_view>(expected);
  double number = 0;
  double unit = 1;
  for (const std::string_view digits : {before, after}) {
    for (const char c : digits) {
      if (!ascii::is_digit(c)) return Unexpected<std::string_view>(expected);
      number = number * 10 + (c - '0');
    }
  }
  for (std::size_t i = 0; i < after.size(); ++i) unit *= 10;
  number /= unit;
  if (number > limit) return Unexpected<std::string_view>(expected);
  return dnslist::Weight{negative ? -number : number};
}

}  // namespace postern::config
