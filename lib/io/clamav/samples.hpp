// Harmless objects of the usual kinds.
#pragma once

#include <span>
#include <string_view>

namespace postern::io {

/// A message with text, HTML, a PDF, a zip archive with a document in XML, and an image.
[[nodiscard]] std::span<const std::string_view> samples();

}  // namespace postern::io
