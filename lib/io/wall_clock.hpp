// What time it is, for all that is pure and takes the time as a parameter.
#pragma once

#include <chrono>
#include <cstdint>

namespace postern::io {

/// By the clock of the host, which may be set at any time.
[[nodiscard]] inline std::chrono::sys_time<std::chrono::milliseconds> wall_clock() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The same in seconds since 1970.
[[nodiscard]] inline std::int64_t seconds_since_epoch() {
  return std::chrono::floor<std::chrono::seconds>(wall_clock()).time_since_epoch().count();
}

}  // namespace postern::io
