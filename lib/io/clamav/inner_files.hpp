// What libclamav meets inside a message, and that is known from elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::io {

/// Octets that may be attached to a message.
struct InnerFile {
  std::string_view octets;
  bool is_clean = false;  ///< By an earlier scan with these signatures.
  bool is_met = false;    ///< libclamav has unpacked just these octets.
};

/// A file that libclamav is about to look into, during one scan.
struct MetFile {
  std::string_view type;  ///< Such as "CL_TYPE_MAIL".
  std::string_view octets;
  std::uint32_t depth = 0;  ///< 0: the object itself.
};

/// Only a part of a message counts: what is deeper, or in something that is no message to
/// libclamav, can be looked into as something else than it is by itself.
class InnerFiles {
 public:
  /// \param files      Outlive this.
  /// \param max_octets  That are compared together: an object can hold one file many times.
  InnerFiles(std::span<InnerFile> files, std::uint64_t max_octets)
      : files_(files), octets_left_(max_octets) {}

  /// \return Whether it is one that is clean, and need not be looked into again.
  [[nodiscard]] bool meet(const MetFile& met);

 private:
  [[nodiscard]] bool is_same(std::string_view octets, std::string_view others);

  std::span<InnerFile> files_;
  std::uint64_t octets_left_;
  bool is_message_ = false;
};

}  // namespace postern::io
