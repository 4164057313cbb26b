// The DNS tree walk: which record applies to a name, and which organization it belongs to
// (RFC 9989 §4.10).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dmarc/record.hpp"
#include "lib/dns/answers.hpp"

namespace postern::dmarc {

inline constexpr std::size_t max_walk_queries = 8;  ///< RFC 9989 §4.10 step 4.

/// The names whose "_dmarc" records a walk from `name` looks at, the longest first: at most
/// max_walk_queries. \param name  In the form of dns::parse_domain.
[[nodiscard]] std::vector<std::string> walk_names(std::string_view name);

/// What one walk found.
struct Walk {
  bool is_complete = false;  ///< Every question it needs has ended, be it in failure. If not,
                             ///< nothing else here counts.
  std::string failed_name;   ///< The first name whose "_dmarc" record DNS could not give; empty if
                             ///< none that matters. The organizational domain is then not known.
  std::string organizational_domain;     ///< RFC 9989 §4.10.2.
  std::string policy_domain;             ///< Where the record was found; empty if nowhere.
  const PolicyRecord* policy = nullptr;  ///< What applies to the name (RFC 9989 §4.10.1).
  bool name_exists = false;              ///< Shown by the answer for the name's own record.
};

/// The walks of one message. Each name is asked for once and each walk is done once, whichever
/// author or identifier needs it.
class TreeWalks {
 public:
  /// \param lookups  Where questions are noted; must outlive this object.
  explicit TreeWalks(dns::Lookups& lookups) : lookups_(lookups) {}

  /// The walk from `name`, which is in the form of dns::parse_domain. While answers are missing,
  /// all of its questions are noted at once. The reference is valid as long as this object.
  const Walk& walk(const std::string& name);

 private:
  struct Node {
    enum class State { missing, failed, absent, present };
    State state = State::absent;
    PolicyRecord record;       // if present
    bool name_exists = false;  // "_dmarc" below it is no NXDOMAIN (RFC 8020 §2)
  };

  const Node& node(const std::string& name);
  void find_organization(const std::vector<std::string>& names, Walk& walk);

  dns::Lookups& lookups_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, Walk> walks_;
};

}  // namespace postern::dmarc
