// Searching Postfix's tables for an address (canonical(5), TABLE SEARCH ORDER), for expand().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/recipients/address.hpp"
#include "lib/recipients/lookups.hpp"
#include "lib/recipients/names.hpp"

namespace postern::recipients {

struct Key {
  std::string text;
  bool is_whole = true;  ///< Part of an address otherwise, which patterns are not asked for.
  bool lacks_extension = false;  ///< That the address has.
};

/// The first answer in the order of the keys and, for each key, of the tables.
struct Match {
  enum class Kind { found, missing, failed, pending };
  Kind kind = Kind::missing;
  std::string text;  ///< When found the value; when failed the table and its reason.
  Key key;           ///< When found.
};

/// \return Kind::pending after noting in `wants` all that may decide.
[[nodiscard]] Match search(const std::vector<Key>& keys, const std::vector<std::string>& tables,
                           Wants& wants);

/// Whether Postfix gives a table whole addresses only: patterns (regexp, pcre, cidr), servers that
/// are asked each key over the network (tcp, socketmap), and randmap, also behind "proxy:"; the
/// first table of unionmap and pipemap decides for all of them.
[[nodiscard]] bool takes_whole_keys_only(std::string_view table);

/// Whether a domain is one of mydestination's.
struct Locality {
  enum class Kind { local, foreign, unknown, pending };
  Kind kind = Kind::foreign;
  std::string why;  ///< When unknown.
};
[[nodiscard]] Locality locality(const std::string& domain, const Names& names, Wants& wants);

/// The first keys for tables of addresses: "user+extension@domain" and "user@domain".
[[nodiscard]] std::vector<Key> full_keys(const Address& address, const Names& names);

/// All of them, the most special first.
/// \param is_at_home  Whether local parts alone stand for addresses of this domain.
[[nodiscard]] std::vector<Key> address_keys(const Address& address, bool is_at_home,
                                            const Names& names);

}  // namespace postern::recipients
