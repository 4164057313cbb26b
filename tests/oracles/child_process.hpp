// Runs code that may crash or hang in a process of its own.
#pragma once

#include <functional>
#include <string>

namespace postern::oracle {

inline constexpr unsigned child_seconds = 10;  ///< A child that takes longer is ended.

/// What `work` returns; or "crash (signal N)", "no answer", or "exit status N" if it does not
/// return. Standard error of the child is dropped.
[[nodiscard]] std::string run_in_child(const std::function<std::string()>& work);

}  // namespace postern::oracle
