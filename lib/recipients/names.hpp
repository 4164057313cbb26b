// What main.cf says about the way from a recipient to its mailboxes.
#pragma once

#include <string>
#include <vector>

namespace postern::recipients {

/// Which tables pass on an extension that they were not asked for
/// (postconf(5), propagate_unmatched_extensions).
struct PropagatedExtensions {
  bool canonical = true;
  bool virtual_alias = true;
  bool alias = false;
  bool operator==(const PropagatedExtensions&) const = default;
};

/// Tables are "type:name". Domains are in lower case.
struct Names {
  std::vector<std::string> recipient_canonical_maps;
  std::vector<std::string> canonical_maps;
  std::vector<std::string> virtual_alias_maps;
  std::vector<std::string> alias_maps;           ///< Empty too if local domains are not local(8)'s.
  std::vector<std::string> local_domains;        ///< Of mydestination, "[192.0.2.1]" too.
  std::vector<std::string> local_domain_tables;  ///< Of mydestination; the key is a domain.
  bool has_more_local_domains = false;  ///< In entries of mydestination that are not known here.
  std::string origin;                   ///< Domain of addresses without one.
  std::string domain_suffix;  ///< What a domain without a dot gets behind one; empty: nothing.
  std::string recipient_delimiter;    ///< A set of characters; empty: no extensions.
  bool owner_request_special = true;  ///< "owner-x" and "x-request" have no extension "-x".
  PropagatedExtensions propagated;
  bool operator==(const Names&) const = default;
};

}  // namespace postern::recipients
