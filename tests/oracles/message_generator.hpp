// Well-formed messages made from a number, for differential tests.
#pragma once

#include <cstdint>
#include <string>

namespace postern::oracle {

/// A message with nested multiparts and messages, encodings, folded fields, encoded-words, and
/// parameters in all forms. The same number gives the same message.
[[nodiscard]] std::string generate_message(std::uint32_t number);

}  // namespace postern::oracle
