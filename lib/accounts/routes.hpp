// Where aliases lead.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/accounts/accounts.hpp"

namespace postern::accounts {

/// Addresses that one alias may lead to, counted each time they are met:
/// virtual_alias_expansion_limit of Postfix, beyond which it defers mail.
inline constexpr std::size_t max_expansion = 1000;

/// What becomes of mail to an alias.
struct Reach {
  /// The accounts behind the alias, without those that these forward to.
  std::set<std::string> owners;
  std::string problem;  ///< Why mail would not arrive, with the remedy; empty when it would.
};

/// The aliases of accounts that do not change meanwhile.
class Routes {
 public:
  explicit Routes(const Accounts& accounts);

  [[nodiscard]] Reach follow(const AliasEntry& entry) const;

 private:
  struct Walk {
    std::vector<const AliasEntry*> path;
    std::size_t count = 0;
    Reach reach;
  };
  void step(const AliasEntry& entry, bool beyond_user, Walk& walk) const;
  void take(const AliasEntry& from, const std::string& target, bool beyond_user, Walk& walk) const;
  [[nodiscard]] const AliasEntry* entry_of(const std::string& address) const;

  std::unordered_set<std::string_view> users_;
  std::unordered_set<std::string_view> domains_;
  std::unordered_map<std::string_view, const AliasEntry*> entries_;
};

/// That no alias has stopped leading somewhere: it may go through one that was changed. What was
/// wrong before may stay wrong.
/// \return The first alias, and what is wrong with it.
[[nodiscard]] Outcome check_routes(const Accounts& before, const Accounts& after);

}  // namespace postern::accounts
