// Who knows the media type of octets.
#pragma once

#include <string>
#include <string_view>

namespace postern::attachments {

/// Implementations are safe to share between threads.
class MediaTypes {
 public:
  MediaTypes() = default;
  MediaTypes(const MediaTypes&) = delete;
  MediaTypes& operator=(const MediaTypes&) = delete;
  virtual ~MediaTypes() = default;

  /// \param octets  The first of a file, from any sender.
  /// \return Such as "image/png", lower case; empty if it cannot be told.
  [[nodiscard]] virtual std::string type_of(std::string_view octets) const = 0;
};

}  // namespace postern::attachments
