// What a run of the load client found: latencies, answers, checks, resources.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/milter_session.hpp"
#include "bench/process_usage.hpp"

namespace postern::bench {

/// One daemon over the measured part of a run.
struct DaemonUsage {
  pid_t pid = 0;
  std::chrono::nanoseconds cpu{};
  std::uint64_t peak_rss_kib = 0;
  std::uint64_t pss_kib = 0;
  bool alive = false;  ///< Still there at the end.
};

/// Counts of one thread, or of all of them once merged.
class Statistics {
 public:
  /// \param expected texts of which each must stand in an Authentication-Results or
  /// DKIM-Signature field that the
  /// milters added to a message.
  explicit Statistics(std::vector<std::string> expected) : expected_(std::move(expected)) {}

  void count(const Outcome& outcome);
  void count_unanswered(std::string_view why);
  void merge(const Statistics& other);

  [[nodiscard]] std::uint64_t unanswered() const;
  /// Messages in which an expected text is missing, per text.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& missing() const { return missing_; }
  [[nodiscard]] nlohmann::json to_json(std::chrono::nanoseconds elapsed,
                                       std::chrono::nanoseconds client_cpu,
                                       const std::vector<DaemonUsage>& daemons) const;

 private:
  std::vector<std::string> expected_;
  std::vector<std::chrono::nanoseconds> latencies_;
  std::map<std::string, std::uint64_t> answers_;
  std::map<std::string, std::uint64_t> missing_;
  std::map<std::string, std::uint64_t> problems_;  ///< Reason -> messages without an answer.
  std::string example_;                            ///< The added fields of one message.
};

/// The same for people.
std::string to_text(const nlohmann::json& result);

}  // namespace postern::bench
