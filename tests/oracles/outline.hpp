// What two MIME readers must agree on about one message.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace postern::oracle {

/// One part in the order of the text.
struct PartOutline {
  unsigned depth = 0;
  std::string type;     ///< Lower case, such as "text/plain".
  std::string content;  ///< Decoded octets; empty of containers.
  std::string file_name;

  bool operator==(const PartOutline&) const = default;
};

struct Outline {
  /// Lower-case names and unfolded bodies of the fields on top, sorted.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string subject;                 ///< Decoded.
  std::vector<std::string> addresses;  ///< "name|address" of To, sorted.
  long long date = 0;                  ///< Seconds since 1970, or 0.
  std::vector<PartOutline> parts;

  bool operator==(const Outline&) const = default;
};

}  // namespace postern::oracle
