// The version of this build; CMakeLists.txt has the number.
#pragma once

namespace postern {

inline constexpr const char* version = POSTERN_VERSION;

}  // namespace postern
