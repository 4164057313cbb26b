// Why a scanner gave no answer.
#pragma once

#include <string>

namespace postern::io {

struct ScanFailure {
  std::string what;      ///< For the operator, such as "connection refused".
  bool is_away = false;  ///< Nobody listens: it may be about to be started anew.
};

}  // namespace postern::io
