// Time and names of events, given by the process in which they happen.
#pragma once

#include <string>

#include "lib/training/event.hpp"

namespace postern::io {

/// Now, by the wall clock.
[[nodiscard]] decltype(training::Event::time) event_time();

/// A name that no other event of any host has: time, process, number, and chance, in hexadecimal,
/// so that names are in the order of time.
[[nodiscard]] std::string next_event_id(decltype(training::Event::time) now);

}  // namespace postern::io
