// The names under which Perl's Encode knows charsets (Encode::Alias(3pm)).
#pragma once

#include <string>
#include <string_view>

namespace postern::io {

/// "gb2312" -> "euc-cn", "Windows-1251" -> "cp1251"; lower case. Empty: Encode knows no such name,
/// or we leave the charset out.
[[nodiscard]] std::string encode_name(std::string_view charset);

}  // namespace postern::io
