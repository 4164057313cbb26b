#include "lib/io/lmdb/failure.hpp"

#include <lmdb.h>

#include <cerrno>
#include <system_error>

#include "lib/base/ascii.hpp"

namespace postern::io::lmdb {

using Kind = store::Failure::Kind;

std::string describe(int error) {
  return ascii::to_lower(std::generic_category().message(error));
}

Unexpected<store::Failure> failure(Kind kind, const std::string& file, const std::string& problem) {
  return Unexpected<store::Failure>(store::Failure{kind, file + ": " + problem});
}

Unexpected<store::Failure> failure_of(const std::string& file, int code) {
  switch (code) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
      return failure(Kind::full, file, "no room; raise store.max_size or let sweeps catch up");
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return failure(Kind::full, file, describe(code) + "; make room on the disk");
    case EIO:  // also what LMDB makes of a write that was cut short
      return failure(Kind::unavailable, file, describe(code) + "; is the disk full, or failing?");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
      return failure(Kind::corrupt, file,
                     "damaged; when all programs that use it are stopped, the next one to start "
                     "sets it aside");
    default:
      return failure(Kind::unavailable, file, code > 0 ? describe(code) : mdb_strerror(code));
  }
}

bool needs_reopening(int code) {
  switch (code) {
    case MDB_PANIC:
    case MDB_MAP_RESIZED:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_BAD_DBI: return true;
    default: return false;
  }
}

}  // namespace postern::io::lmdb
