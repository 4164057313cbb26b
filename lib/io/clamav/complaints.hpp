// What libclamav says while it works, which it does not tell otherwise.
#pragma once

#include <string>

namespace postern::io {

/// Of one process, since libclamav has one place for it.
class Complaints {
 public:
  enum class Kind {
    none,
    memory,  ///< Some could not be had.
    files,   ///< A temporary file could not be made, written, or read.
  };

  /// From now on libclamav's words are kept here, and printed nowhere.
  static void listen();
  /// Forgets what has been said.
  static void forget();
  /// The worst of what has been said since. libclamav often goes on after it, and then says clean
  /// of what it could not look into.
  [[nodiscard]] static Kind worst();
  /// The last warning or error, in one line; hostile text.
  [[nodiscard]] static std::string last();
};

}  // namespace postern::io
