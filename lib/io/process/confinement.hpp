// What a program gives up before it talks to strangers.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

struct Confinement {
  std::size_t address_space = 0;  ///< Octets.
  std::chrono::seconds processor_time{};
};

/// Closes every descriptor but the standard ones, gives up gaining privileges by programs that it
/// might start, and leaves no core. From now on the process ends with the thread that started it.
/// \return Which of this the system does not allow, or that the reader of standard output, a pipe,
///         has gone.
[[nodiscard]] Expected<void, std::string> confine(const Confinement& limits);

}  // namespace postern::io
