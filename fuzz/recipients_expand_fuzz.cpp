// Any recipient, any tables: an expansion ends within its bounds, and its mailboxes can be keys.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/recipients/address.hpp"
#include "lib/recipients/expand.hpp"

namespace {

using namespace postern;
using fuzz::require;

constexpr std::size_t max_rounds = 2000;  // a step asks at most some times, each table's depth once

const std::vector<std::string> tables = {"hash:a", "regexp:b", "proxy:tcp:c"};

recipients::Names names_of(std::uint8_t choice) {
  recipients::Names names;
  const auto has = [&](int bit) { return (choice >> bit & 1) != 0; };
  if (has(0)) names.recipient_canonical_maps = {tables[0]};
  if (has(1)) names.canonical_maps = {tables[1], tables[0]};
  if (has(2)) names.virtual_alias_maps = tables;
  if (has(3)) names.alias_maps = {tables[0], tables[1]};
  if (has(4)) names.local_domain_tables = {tables[1]};
  if (has(5)) names.recipient_delimiter = "+-";
  if (has(6)) names.domain_suffix = "a.a";
  names.propagated.alias = has(7);
  names.owner_request_special = !has(7);
  names.local_domains = {"a", "a.a"};
  names.origin = "a.a";
  return names;
}

// Keys and what tables say of them, one pair a line, for all tables; "!" for a failure.
using Entries = std::map<std::string, std::string>;

recipients::Answer answer(const Entries& entries, const recipients::Lookup& lookup) {
  using Kind = recipients::Answer::Kind;
  const auto entry = entries.find(lookup.key);
  if (entry == entries.end()) return {};
  if (entry->second == "!") return {Kind::failed, "fails"};
  return {Kind::found, entry->second};
}

void check_key(const std::string& key) {
  require(!key.empty() && key.size() <= recipients::max_address_size + sizeof "owner-");
  require(std::none_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '"';
  }));
}

void check_result(const recipients::Expansion& expansion, const recipients::Names& names) {
  require(expansion.problem.empty() == !expansion.mailboxes.empty());
  require(expansion.mailboxes.size() <= recipients::max_mailboxes);
  for (const recipients::Mailbox& mailbox : expansion.mailboxes) {
    const auto address = recipients::parse_address(mailbox.address, names);
    require(address && address->text() == mailbox.address);
    require(address->domain == mailbox.domain && !mailbox.user.empty());
    require(address->local_part.starts_with(mailbox.user));
    require(recipients::login_names(mailbox).front() == mailbox.address);
  }
}

void check(std::string_view recipient, const Entries& entries, const recipients::Names& names) {
  recipients::TableAnswers answers;
  for (std::size_t round = 0; round < max_rounds; ++round) {
    recipients::Wants wants(answers);
    const auto expansion = recipients::expand(recipient, names, wants);
    if (expansion) return check_result(*expansion, names);
    const auto missing = wants.missing();
    require(!missing.empty());
    for (const recipients::Lookup& lookup : missing) {
      check_key(lookup.key);
      require(answers.find(lookup) == nullptr);
      answers.add(lookup, answer(entries, lookup));
    }
  }
  require(false);
}

void check_text(std::string_view text, std::uint8_t choice) {
  const std::vector<std::string> lines = fuzz::split_lines(text);
  Entries entries;
  for (std::size_t i = 1; i + 1 < lines.size(); i += 2) entries.emplace(lines[i], lines[i + 1]);
  check(lines.front(), entries, names_of(choice));
}

constexpr std::string_view words[] = {"\n",        "\n",
                                      "a",         "b",
                                      "c",         "@",
                                      ".",         "+",
                                      ",",         " ",
                                      "\"",        "\\",
                                      "a@a",       "b@b",
                                      "!",         "@b",
                                      "\n@b\n",    "|",
                                      ":include:", "owner-",
                                      "-",         "a@b, b@b, c@b",
                                      "\na\n",     "\na@a\n",
                                      "[1]",       "\xff"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = fuzz::text_of(data + 1, size - 1).substr(0, 2048);
  check_text(input, data[0]);
  check_text(fuzz::in_letters(input, "ab@@\n\n\n,.+ c"), data[0]);
  check_text(fuzz::in_words(input, words), data[0]);
  return 0;
}
