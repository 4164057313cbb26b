// Sealed memory of another process, mapped to be read.
#pragma once

#include <string_view>

#include "lib/antivirus/outcome.hpp"
#include "lib/base/result.hpp"

namespace postern::avengine {

class SealedMap {
 public:
  /// \param memory  What came from another process; stays open. What is not sealed is refused,
  ///                since it could shrink while it is read.
  /// \return The memory, or what each object in it comes to without it.
  [[nodiscard]] static Expected<SealedMap, antivirus::Outcome> map(int memory);

  SealedMap(SealedMap&& other) noexcept;
  SealedMap& operator=(SealedMap&&) = delete;
  SealedMap(const SealedMap&) = delete;
  SealedMap& operator=(const SealedMap&) = delete;
  ~SealedMap();

  /// Valid as long as this object.
  [[nodiscard]] std::string_view octets() const { return octets_; }

 private:
  explicit SealedMap(std::string_view octets) : octets_(octets) {}

  std::string_view octets_;
};

}  // namespace postern::avengine
