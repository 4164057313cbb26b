// What LMDB and the system say, as failures of a store.
#pragma once

#include <string>

#include "lib/store/store.hpp"

namespace postern::io::lmdb {

/// The lower-case text of an errno.
[[nodiscard]] std::string describe(int error);

/// \param code  Of LMDB or an errno; not 0.
[[nodiscard]] Unexpected<store::Failure> failure_of(const std::string& file, int code);

[[nodiscard]] Unexpected<store::Failure> failure(store::Failure::Kind kind, const std::string& file,
                                                 const std::string& problem);

/// Whether the file has to be opened anew after such a code.
[[nodiscard]] bool needs_reopening(int code);

}  // namespace postern::io::lmdb
