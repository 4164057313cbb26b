// What postern-avscan answers to control requests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/antivirus/governor.hpp"
#include "lib/base/result.hpp"

namespace postern::antivirus {

/// "status1 mode=full generation=… …"
struct Status {
  Mode mode = Mode::full;
  std::string generation;       ///< Empty: no signatures are loaded.
  std::int64_t signatures = 0;  ///< Of this generation.
  std::int64_t since = 0;       ///< When it came into use, in milliseconds since the epoch.
  bool loading = false;         ///< Another generation is being loaded.
  std::int64_t children = 0;    ///< That are ready to scan or scan.
  std::int64_t busy = 0;        ///< Of them those that scan.
  std::int64_t waiting = 0;     ///< Messages without a process.
  std::int64_t scanned = 0;  ///< Messages since the start, those answered from the cache included.
  std::int64_t infected = 0;
  std::int64_t unscannable = 0;
  std::int64_t retried = 0;     ///< Because a process died over them, or was too slow.
  std::int64_t cache_hits = 0;  ///< Messages and attachments.
  std::int64_t memory = 0;      ///< Octets that the signatures take.
  std::string problem;          ///< Why the signatures in the database are not in use, or empty.
};
[[nodiscard]] std::string format(const Status& status);
[[nodiscard]] Parsed<Status> parse_status(std::string_view text);

/// "reloaded1 generation=… signatures=…" or "reloaded1 problem=…"
struct ReloadAnswer {
  std::string generation;
  std::int64_t signatures = 0;
  std::string problem;  ///< Why the old signatures stay in use; empty: they are loaded.
};
[[nodiscard]] std::string format(const ReloadAnswer& answer);
[[nodiscard]] Parsed<ReloadAnswer> parse_reload_answer(std::string_view text);

}  // namespace postern::antivirus
