#include "lib/io/training/event_id.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace postern::io {

decltype(training::Event::time) event_time() {
  using Time = decltype(training::Event::time);
  return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

std::string next_event_id(decltype(training::Event::time) now) {
  static unsigned number = 0;
  unsigned chance = 0;
  // Without chance, time and process still tell the events of one host apart.
  static_cast<void>(::getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0);
  std::array<char, training::max_id_size> text{};
  std::snprintf(text.data(), text.size(), "%012llx-%06x-%04x-%08x",
                static_cast<unsigned long long>(now.time_since_epoch().count()),
                static_cast<unsigned>(::getpid()), number++, chance);
  return text.data();
}

}  // namespace postern::io
