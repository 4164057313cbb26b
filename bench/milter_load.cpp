// milter-load: sends messages to one milter or a chain of them as Postfix does, and measures.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/mail_message.hpp"
#include "bench/milter_session.hpp"
#include "bench/process_usage.hpp"
#include "bench/statistics.hpp"

namespace postern::bench {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Time for a daemon to finish what follows the last reply: closing, logging.
constexpr std::chrono::milliseconds settling_time{50};

struct Options {
  std::vector<Address> chain;
  std::string messages;
  unsigned connections = 8;
  std::uint64_t count = 1000;
  std::uint64_t warmup = 0;
  std::uint64_t messages_per_connection = 1;
  std::vector<pid_t> pids;
  std::vector<std::string> expected;
  bool json = false;
};

/// Takes message numbers from `next` until `count` are sent.
void send_messages(const Options& options, const std::vector<MailMessage>& messages,
                   std::uint64_t count, std::atomic<std::uint64_t>* next, Statistics* statistics) {
  std::unique_ptr<MilterSession> session;
  std::uint64_t sent_here = 0;
  for (std::uint64_t number = (*next)++; number < count; number = (*next)++) {
    try {
      if (!session) session = std::make_unique<MilterSession>(options.chain);
      const Outcome outcome = session->send(messages[number % messages.size()], number);
      statistics->count(outcome);
      if (outcome.answer == Answer::shutdown) session.reset();
    } catch (const WireError& problem) {
      statistics->count_unanswered(problem.what());
      session.reset();
    }
    if (++sent_here % options.messages_per_connection == 0) session.reset();
  }
}

/// Sends `count` messages over all connections at once.
Statistics send_all(const Options& options, const std::vector<MailMessage>& messages,
                    std::uint64_t count) {
  std::atomic<std::uint64_t> next{0};
  std::vector<Statistics> parts(options.connections, Statistics(options.expected));
  std::vector<std::thread> threads;
  threads.reserve(parts.size());
  for (Statistics& part : parts) {
    threads.emplace_back([&] { send_messages(options, messages, count, &next, &part); });
  }
  for (std::thread& thread : threads) thread.join();
  Statistics all(options.expected);
  for (const Statistics& part : parts) all.merge(part);
  return all;
}

nanoseconds own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

std::vector<DaemonUsage> usage_since(const std::vector<pid_t>& pids,
                                     const std::vector<ProcessUsage>& before) {
  std::vector<DaemonUsage> daemons;
  for (std::size_t i = 0; i < pids.size(); ++i) {
    const ProcessUsage now = read_usage(pids[i]);
    const bool alive = now.processes > 0;
    const nanoseconds used = alive ? now.cpu - before[i].cpu : nanoseconds{};
    daemons.push_back({pids[i], used, now.peak_rss_kib, now.pss_kib, alive});
  }
  return daemons;
}

/// Exit status: 1 if a message has no final answer, an expected text is missing or a daemon died.
int run(const Options& options) {
  const std::vector<MailMessage> messages = load_messages(options.messages);
  if (options.warmup > 0) {
    send_all(options, messages, options.warmup);
    std::this_thread::sleep_for(settling_time);
  }
  std::vector<ProcessUsage> before;
  for (const pid_t pid : options.pids) {
    reset_peak(pid);
    before.push_back(read_usage(pid));
  }
  const nanoseconds own_before = own_cpu();
  const auto start = steady_clock::now();
  const Statistics statistics = send_all(options, messages, options.count);
  const nanoseconds elapsed = steady_clock::now() - start;
  const nanoseconds own = own_cpu() - own_before;
  std::this_thread::sleep_for(settling_time);
  const std::vector<DaemonUsage> daemons = usage_since(options.pids, before);

  const nlohmann::json result = statistics.to_json(elapsed, own, daemons);
  const std::string text = options.json ? result.dump(2) + "\n" : to_text(result);
  std::fputs(text.c_str(), stdout);
  const bool all_alive = std::all_of(daemons.begin(), daemons.end(),
                                     [](const DaemonUsage& daemon) { return daemon.alive; });
  return statistics.unanswered() == 0 && statistics.missing().empty() && all_alive ? 0 : 1;
}

void add_options(CLI::App* app, Options* options, std::vector<std::string>* addresses) {
  app->add_option("--connect,--chain", *addresses,
                  "Milter: unix:PATH or inet:HOST:PORT; several form a chain in this order")
      ->required();
  app->add_option("--messages", options->messages, "Directory of .eml files with .json envelopes")
      ->required();
  app->add_option("--connections", options->connections, "Connections at a time")
      ->check(CLI::Range(1, 4096));
  app->add_option("--count", options->count, "Messages to measure");
  app->add_option("--warmup", options->warmup, "Messages to send before, unmeasured");
  app->add_option("--messages-per-connection", options->messages_per_connection)
      ->check(CLI::PositiveNumber);
  app->add_option("--pid", options->pids, "Daemon whose CPU and memory are read, with children");
  app->add_option("--expect", options->expected,
                  "Text that the added Authentication-Results or DKIM-Signature of every "
                  "message must hold");
  app->add_flag("--json", options->json, "Print JSON");
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  CLI::App app{"Load client for milters: speaks as Postfix 3.7 does", "milter-load"};
  postern::bench::Options options;
  std::vector<std::string> addresses;
  postern::bench::add_options(&app, &options, &addresses);
  CLI11_PARSE(app, argc, argv);
  try {
    for (const std::string& address : addresses) {
      options.chain.push_back(postern::bench::parse_address(address));
    }
    return postern::bench::run(options);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "milter-load: %s\n", problem.what());
    return 1;
  }
}
