// The country of an address, from a file in the MaxMind DB format that the operator provides.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

/// Octets of a file; editions with cities have 60 MiB, those with countries 10. The whole file is
/// held in memory, so that one that is overwritten in place cannot end the process.
inline constexpr std::size_t max_database_size = 128 * 1024 * 1024;

/// One file as it was when opened. Immutable; any thread may ask.
class CountryDatabase {
 public:
  CountryDatabase(const CountryDatabase&) = delete;
  CountryDatabase& operator=(const CountryDatabase&) = delete;
  ~CountryDatabase();

  /// \return Why it cannot be used, with the name of the file.
  [[nodiscard]] static Expected<std::shared_ptr<const CountryDatabase>, std::string> open(
      const std::string& file);

  /// Two upper-case letters (ISO 3166-1), or nothing where the file knows none. Of where the
  /// address is used; where that is not known, of who has registered it.
  [[nodiscard]] std::optional<std::string> country(const IpAddress& address) const;

  /// When it was made, in seconds since the epoch, as the file says.
  [[nodiscard]] std::uint64_t built() const;

 private:
  struct Handle;
  explicit CountryDatabase(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// A file that the operator replaces now and then.
class CountryFile {
 public:
  explicit CountryFile(std::string file) : file_(std::move(file)) {}

  /// Reads the file when it has changed since the last time; to be called now and then, by one
  /// thread. A file that cannot be used leaves the one before in use.
  /// \return What is to be logged: a problem once, not again until the file changes; or nothing.
  [[nodiscard]] std::optional<std::string> refresh();

  /// From any thread; nothing also while there is no usable file.
  [[nodiscard]] std::optional<std::string> country(const IpAddress& address) const;

 private:
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1: there is no file
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& file);

  const std::string file_;
  std::optional<Stamp> stamp_;  // of the last refresh
  mutable std::mutex mutex_;    // guards database_
  std::shared_ptr<const CountryDatabase> database_;
};

}  // namespace postern::io
