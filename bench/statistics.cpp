// Percentiles, sums and their two forms of output.
#include "bench/statistics.hpp"

#include <strings.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace postern::bench {
namespace {

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Nearest-rank percentile of sorted times, in milliseconds.
double percentile(const std::vector<std::chrono::nanoseconds>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return milliseconds(sorted.at(std::max<std::size_t>(rank, 1) - 1));
}

/// Value of all fields of a name, joined.
std::string values_of(const std::vector<HeaderField>& fields, const char* name) {
  std::string text;
  for (const HeaderField& field : fields) {
    if (::strcasecmp(field.name.c_str(), name) == 0) text.append(field.value).append("\n");
  }
  return text;
}

template <typename Map>
void add_counts(const Map& from, Map* to) {
  for (const auto& [key, count] : from) (*to)[key] += count;
}

std::string line(const char* label, const std::string& text) {
  std::string padded(label);
  padded.resize(std::max<std::size_t>(padded.size(), 28), ' ');
  return padded + text + "\n";
}

std::string number(double value) {
  std::string text(32, '\0');
  const int size = std::snprintf(text.data(), text.size(), "%.3f", value);
  text.resize(static_cast<std::size_t>(std::max(size, 0)));
  return text;
}

}  // namespace

void Statistics::count(const Outcome& outcome) {
  latencies_.push_back(outcome.latency);
  ++answers_[std::string(bench::to_text(outcome.answer))];
  if (expected_.empty()) return;
  const std::string results = values_of(outcome.content.added, "Authentication-Results") +
                              values_of(outcome.content.added, "DKIM-Signature");
  if (example_.empty()) example_ = results;
  for (const std::string& text : expected_) {
    if (results.find(text) == std::string::npos) ++missing_[text];
  }
}

void Statistics::count_unanswered(std::string_view why) {
  ++problems_[std::string(why)];
}

void Statistics::merge(const Statistics& other) {
  latencies_.insert(latencies_.end(), other.latencies_.begin(), other.latencies_.end());
  add_counts(other.answers_, &answers_);
  add_counts(other.missing_, &missing_);
  add_counts(other.problems_, &problems_);
  if (example_.empty()) example_ = other.example_;
}

std::uint64_t Statistics::unanswered() const {
  std::uint64_t sum = 0;
  for (const auto& [why, count] : problems_) sum += count;
  return sum;
}

nlohmann::json Statistics::to_json(std::chrono::nanoseconds elapsed,
                                   std::chrono::nanoseconds client_cpu,
                                   const std::vector<DaemonUsage>& daemons) const {
  std::vector<std::chrono::nanoseconds> sorted = latencies_;
  std::sort(sorted.begin(), sorted.end());
  const double messages = std::max(1.0, static_cast<double>(sorted.size()));
  nlohmann::json result{
      {"messages", sorted.size()},
      {"seconds", milliseconds(elapsed) / 1e3},
      {"messages_per_second", static_cast<double>(sorted.size()) * 1e3 / milliseconds(elapsed)},
      {"latency_ms",
       {{"p50", percentile(sorted, 0.50)},
        {"p95", percentile(sorted, 0.95)},
        {"p99", percentile(sorted, 0.99)}}},
      {"client_cpu_ms_per_1000", milliseconds(client_cpu) * 1e3 / messages},
      {"answers", answers_},
      {"unanswered", unanswered()},
      {"problems", problems_},
      {"missing", missing_},
      {"authentication_results", example_},
      {"daemons", nlohmann::json::array()},
  };
  double cpu = 0;
  double rss = 0;
  double pss = 0;
  for (const DaemonUsage& daemon : daemons) {
    const double per_1000 = milliseconds(daemon.cpu) * 1e3 / messages;
    const double megabytes = static_cast<double>(daemon.peak_rss_kib) / 1024;
    result["daemons"].push_back({{"pid", daemon.pid},
                                 {"cpu_ms_per_1000", per_1000},
                                 {"peak_rss_mb", megabytes},
                                 {"pss_mb", static_cast<double>(daemon.pss_kib) / 1024},
                                 {"alive", daemon.alive}});
    cpu += per_1000;
    rss += megabytes;
    pss += static_cast<double>(daemon.pss_kib) / 1024;
  }
  result["cpu_ms_per_1000"] = cpu;
  result["peak_rss_mb"] = rss;
  result["pss_mb"] = pss;
  return result;
}

std::string to_text(const nlohmann::json& result) {
  const auto& latency = result.at("latency_ms");
  std::string text =
      line("messages", std::to_string(result.at("messages").get<std::uint64_t>())) +
      line("messages/s", number(result.at("messages_per_second"))) +
      line("latency p50/p95/p99 ms", number(latency.at("p50")) + " / " + number(latency.at("p95")) +
                                         " / " + number(latency.at("p99")));
  for (const auto& daemon : result.at("daemons")) {
    text += line("daemon", std::to_string(daemon.at("pid").get<int>()) + ": CPU ms/1000 messages " +
                               number(daemon.at("cpu_ms_per_1000")) + ", peak RSS MB " +
                               number(daemon.at("peak_rss_mb")) +
                               (daemon.at("alive").get<bool>() ? "" : ", GONE"));
  }
  text += line("client CPU ms/1000", number(result.at("client_cpu_ms_per_1000")));
  for (const char* group : {"answers", "problems", "missing"}) {
    for (const auto& [key, count] : result.at(group).items()) {
      text += line(group, std::to_string(count.get<std::uint64_t>()) + " x " + key);
    }
  }
  return text;
}

}  // namespace postern::bench
