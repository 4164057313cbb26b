// How many pages commits have freed, which cannot be used again before the next checkpoint.
#pragma once

#include <cstdint>
#include <mutex>

#include "lib/io/lmdb/environment.hpp"

namespace postern::io::lmdb {

class FreedPages {
 public:
  explicit FreedPages(Environment& environment) : environment_(environment) {}
  FreedPages(const FreedPages&) = delete;
  FreedPages& operator=(const FreedPages&) = delete;
  ~FreedPages() = default;

  /// Pages freed after a transaction, by all processes. Each was replaced by one that was written.
  /// The last few commits may not be counted yet; looks at each of them once, so any commit may be
  /// followed by a call. Any thread may call it.
  [[nodiscard]] std::uint64_t since(std::uint64_t transaction);

 private:
  void count();

  Environment& environment_;
  std::mutex mutex_;
  std::uint64_t since_ = 0;       // transaction
  std::uint64_t counted_to_ = 0;  // transaction
  std::uint64_t pages_ = 0;       // freed between the two
};

}  // namespace postern::io::lmdb
