// What clamd is told, and what it answers (clamd(8)).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/antivirus/outcome.hpp"

namespace postern::antivirus {

/// The octets of an object follow in chunks, each after its length; a length of 0 ends them.
inline constexpr std::string_view clamd_instream{"zINSTREAM\0", 10};
/// A descriptor follows, with one octet.
inline constexpr std::string_view clamd_fildes{"zFILDES\0", 8};

inline constexpr std::size_t max_clamd_reply = 4096;  ///< Octets of a reply.
inline constexpr std::size_t max_clamd_chunk = 256 * 1024;

/// The length of a chunk as it stands before it, in network order.
[[nodiscard]] std::array<char, 4> clamd_length(std::uint32_t length);

/// Reads a reply: "stream: OK", "fd[10]: NAME FOUND", "… ERROR", up to its NUL or line end. What is
/// none of these is temperror.
[[nodiscard]] Outcome parse_clamd_reply(std::string_view reply);

/// Whether clamd does not know the command that was sent, or may not read what it was given, so
/// that another command is worth trying.
[[nodiscard]] bool is_clamd_refusal(std::string_view reply);

}  // namespace postern::antivirus
