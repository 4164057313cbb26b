// Keys made of parts that peers may have chosen.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/store/operation.hpp"

namespace postern::store {

/// A key that begins with `prefix` (such as "g/"), and goes on with the parts, joined by '|'. In
/// parts, '|', '%', control octets, and octets beyond ASCII are written as %XX, so that different
/// parts make different keys. A key that would have max_key_size octets or more is cut and ends
/// with '~' and 32 hexadecimal digits: FNV-1a of 64 bits of the whole key, with two bases. It has
/// max_key_size octets then, and no other key has.
[[nodiscard]] std::string bounded_key(std::string_view prefix,
                                      std::initializer_list<std::string_view> parts);

/// Where the answer to a Take with `once` is kept.
[[nodiscard]] std::string once_key(const Take& take);

}  // namespace postern::store
