// A message in memory that is handed to another process and that nobody can change any more.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

/// Puts a text into sealed memory (memfd_create(2), F_ADD_SEALS): whoever gets the descriptor can
/// read it without fear that it shrinks or changes.
/// \return The descriptor, or what is lacking.
[[nodiscard]] Expected<FileDescriptor, std::string> seal_message(std::string_view text);
/// The same for a text in pieces.
[[nodiscard]] Expected<FileDescriptor, std::string> seal_message(
    std::span<const std::string_view> pieces);

/// Reads sealed memory that another process sent. What is not sealed is refused unread, since a
/// file of another kind could make us wait, or change meanwhile. \return The text, or why it is
/// refused; one over `max_size` is.
[[nodiscard]] Expected<std::string, std::string> read_sealed_message(int descriptor,
                                                                     std::size_t max_size);

}  // namespace postern::io
