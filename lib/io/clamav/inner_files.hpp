// What libclamav meets inside an object, and that is known from elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::io {

/// Octets that may be in an object.
struct InnerFile {
  std::string_view octets;
  bool is_clean = false;  ///< By an earlier scan with these signatures.
  bool is_met = false;    ///< libclamav has unpacked just these octets.
};

/// Compares what libclamav unpacks, during one scan.
class InnerFiles {
 public:
  /// \param files      Outlive this.
  /// \param max_octets  That are compared together: an object can hold one file many times.
  InnerFiles(std::span<InnerFile> files, std::uint64_t max_octets)
      : files_(files), octets_left_(max_octets) {}

  /// \param descriptor  Of a file that libclamav is about to look into; or none, -1.
  /// \return Whether it is one that is clean, and need not be looked into again.
  [[nodiscard]] bool meet(int descriptor);

 private:
  [[nodiscard]] bool is_same(int descriptor, std::string_view octets);

  std::span<InnerFile> files_;
  std::uint64_t octets_left_;
};

}  // namespace postern::io
