// Networks with exceptions, as trusted_networks and its kin have them (Mail::SpamAssassin::NetSet).
#pragma once

#include <vector>

#include "lib/base/ip_address.hpp"

namespace postern::antispam {

class NetworkList {
 public:
  struct Entry {
    IpNetwork network;
    bool is_exception = false;
  };

  /// The first entry that holds an address decides, as in SpamAssassin.
  void add(const IpNetwork& network, bool is_exception = false);
  void clear() { entries_.clear(); }
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// Networks named by a configuration; the loopback networks that SpamAssassin always adds do not
  /// count.
  [[nodiscard]] bool is_configured() const { return !entries_.empty(); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace postern::antispam
