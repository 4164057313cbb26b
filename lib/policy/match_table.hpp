// A set of addresses, networks, and domains, and who is in it: lists and table files of rules.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/policy/network.hpp"

namespace postern::policy {

inline constexpr std::size_t max_table_entries = 2'000'000;  ///< Of one file.

/// Entries, each "in", or, written with "!", "not in". The one that says most decides, wherever it
/// stands: the longest network; an address before its local part before its domain before the
/// domains above. A search costs as many look-ups as there are labels or lengths of prefixes.
class MatchTable {
 public:
  /// Adds "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "user@example.org", "user@" (at any
  /// domain), "example.org" (not what is below it), ".example.org" (what is below it), "<>" (the
  /// null sender), each perhaps behind "!". Names are written with A-labels.
  [[nodiscard]] Parsed<void> add(std::string_view entry);

  [[nodiscard]] bool holds_client(const IpAddress& client) const;
  /// \param name  Any form; empty: not in.
  [[nodiscard]] bool holds_domain(std::string_view name) const;
  /// \param address  Without angle brackets; empty: the null sender.
  [[nodiscard]] bool holds_address(std::string_view address) const;

  /// Whether there are entries that could hold a client's address (a client's name).
  [[nodiscard]] bool has_networks() const { return !networks_.empty(); }
  [[nodiscard]] bool has_names() const { return !names_.empty(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] Parsed<void> add_network(std::string_view entry, bool in);
  [[nodiscard]] Parsed<void> add_name(std::string_view entry, bool in);
  // The entry of that name: 1 in, -1 not in, 0 there is none.
  [[nodiscard]] int find(std::string_view name) const;
  [[nodiscard]] int find_domain(std::string_view domain) const;

  // By family and length of the prefix, the longest first; the key is the network's bytes.
  std::map<std::pair<bool, unsigned>, std::unordered_map<std::string, bool>, std::greater<>>
      networks_;
  std::unordered_map<std::string, bool> names_;
  std::size_t size_ = 0;
};

/// Why a file is no table.
struct TableError {
  std::size_t line = 0;
  std::string_view problem;  ///< A literal.
};

/// Reads a table file: one entry on a line, "#" begins a comment. A second word on a line is an
/// error, so that nobody takes the file for a table of Postfix whose right side counts.
[[nodiscard]] Expected<MatchTable, TableError> parse_table(std::string_view text);

/// Tables by the name of their file, as the rules call it. One that could not be read is absent,
/// and conditions on it are unknown.
using Tables = std::map<std::string, std::shared_ptr<const MatchTable>, std::less<>>;

}  // namespace postern::policy
