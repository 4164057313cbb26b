// A scanning process: what it gives up, and how it answers.
#pragma once

#include <string>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/io/clamav/scan_engine.hpp"

namespace postern::avengine {

/// What a child says first, over its socket and with the descriptor for its broker; anything else
/// is why it cannot scan.
inline constexpr const char* confined_word = "confined";

/// Turns a process that has just been forked into a scanning process, which answers requests until
/// its socket ends.
/// \param engine     With the signatures that it shares with its parent.
/// \param socket     Of packets; descriptor of this process.
/// \param directory  Its own, empty; the only place where it makes files.
[[noreturn]] void be_scanning_child(io::ScanEngine& engine, const antivirus::EngineOptions& options,
                                    int socket, const std::string& directory);

}  // namespace postern::avengine
