// What a check wants scanned, and what came of it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antivirus/outcome.hpp"
#include "lib/antivirus/scan_protocol.hpp"

namespace postern::antivirus {

/// One object in pieces, which belong to whoever asks.
struct Scannable {
  ObjectKind kind = ObjectKind::message;
  std::vector<std::string_view> pieces;
};

/// Of one message.
struct Report {
  std::vector<Outcome> outcomes;  ///< Of each object that was to be scanned, in their order.
  std::string generation;         ///< Of the signatures; empty when nobody says.
  std::string scanner;            ///< The address that answered, or was tried last.
  std::chrono::milliseconds took{};
};

/// The gravest outcome; clean when there is none.
[[nodiscard]] Outcome gravest(const Report& report);

}  // namespace postern::antivirus
