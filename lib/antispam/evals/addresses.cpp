#include "lib/antispam/evals/addresses.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t received_with_recipient = 3;  ///< Fields that may name one.

/// Each once, in their order.
class Addresses {
 public:
  explicit Addresses(std::size_t most) : most_(most) {}

  void add(std::string address) {
    if (all_.size() < most_ && seen_.insert(address).second) all_.push_back(std::move(address));
  }
  void add(std::vector<std::string> addresses) {
    for (std::string& address : addresses) add(std::move(address));
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(all_); }

 private:
  std::size_t most_;
  std::vector<std::string> all_;
  std::unordered_set<std::string> seen_;
};

std::string with_single_dots(std::string_view text) {
  std::string single;
  for (const char c : text) {
    if (c != '.' || !single.ends_with('.')) single += c;
  }
  return single;
}

struct FromAddresses {
  bool is_known = false;
  std::vector<std::string> all;
};

struct ToAddresses {
  bool is_known = false;
  std::vector<std::string> all;
};

std::vector<std::string> find_from(EvalContext& context) {
  Addresses all(max_from_addresses);
  all.add(header_values(context, "Resent-From", {"first", "addr"}));
  if (!all.empty()) return all.take();
  constexpr std::array<std::string_view, 5> fields = {"From", "Envelope-Sender", "Resent-Sender",
                                                      "X-Envelope-From", "EnvelopeFrom"};
  for (const std::string_view field : fields) {
    for (const std::string& address : header_values(context, field, {"addr"})) {
      if (!address.empty()) all.add(with_single_dots(address));
    }
  }
  return all.take();
}

/// "for <user@example.com>;"
void add_recipients_of_received(EvalContext& context, Addresses& all) {
  const Regex* pattern = context.regexes.regex(R"( for <?(\S+@(\S+?))>?;)");
  std::vector<std::string> received = header_values(context, "Received");
  received.resize(std::min(received.size(), received_with_recipient));
  for (const std::string& line : received) {
    const RegexMatch match = pattern == nullptr ? RegexMatch{} : pattern->find_groups(line);
    if (!match || match.groups.size() < 2) continue;
    const auto [begin, end] = match.groups[0];
    const auto [host, host_end] = match.groups[1];
    const std::string_view text = line;
    if (!RegistryBoundaries::is_fqdn_valid(text.substr(host, host_end - host))) continue;
    all.add(std::string(text.substr(begin, end - begin)));
  }
}

std::vector<std::string> find_to(EvalContext& context) {
  Addresses all(max_to_addresses);
  all.add(header_values(context, "Resent-To", {"first", "addr"}));
  all.add(header_values(context, "Resent-Cc", {"first", "addr"}));
  if (!all.empty()) return all.take();
  add_recipients_of_received(context, all);
  constexpr std::array<std::string_view, 12> fields = {"To",
                                                       "Apparently-To",
                                                       "Delivered-To",
                                                       "Envelope-Recipients",
                                                       "Apparently-Resent-To",
                                                       "X-Envelope-To",
                                                       "Envelope-To",
                                                       "X-Delivered-To",
                                                       "X-Original-To",
                                                       "X-Rcpt-To",
                                                       "X-Real-To",
                                                       "Cc"};
  for (const std::string_view field : fields) {
    all.add(header_values(context, field, {"addr"}));
  }
  return all.take();
}

}  // namespace

void add_unique(std::vector<std::string>& all, std::string value) {
  if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(std::move(value));
}

std::vector<std::string> header_values(EvalContext& context, std::string_view name,
                                       std::vector<std::string> modifiers) {
  const auto& joined = context.message.header({std::string(name), std::move(modifiers)});
  std::vector<std::string> values;
  if (!joined) return values;
  std::string_view rest = joined->bytes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    values.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return values;
}

const std::vector<std::string>& all_from_addresses(EvalContext& context) {
  auto& addresses = context.memory.get<FromAddresses>();
  if (!addresses.is_known) addresses = {true, find_from(context)};
  return addresses.all;
}

const std::vector<std::string>& all_to_addresses(EvalContext& context) {
  auto& addresses = context.memory.get<ToAddresses>();
  if (!addresses.is_known) addresses = {true, find_to(context)};
  return addresses.all;
}

}  // namespace postern::antispam
