// A DNS record as a value that can be written down and published.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"

namespace postern::records {

enum class Type { a, aaaa, mx, txt, srv, cname };

/// The name of the type in a zone file.
[[nodiscard]] std::string_view to_token(Type type);

/// One record. Only the numbers that its type has are set.
struct Record {
  std::string name;  ///< Owner, in the form of dns::parse_name.
  Type type = Type::txt;
  std::string value;  ///< Address as text, name without final dot, or any octets of a TXT record.
  std::uint16_t priority = 0;  ///< Of MX (there called preference) and SRV.
  std::uint16_t weight = 0;    ///< Of SRV.
  std::uint16_t port = 0;      ///< Of SRV.

  bool operator==(const Record&) const = default;
};

[[nodiscard]] Record address_record(const std::string& name, const IpAddress& address);
[[nodiscard]] Record txt_record(const std::string& name, const std::string& text);

}  // namespace postern::records
