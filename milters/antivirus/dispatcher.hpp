// Which process scans which message: the queue, retries, the cache, and the count of it all.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/antivirus/governor.hpp"
#include "lib/antivirus/result_cache.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "lib/antivirus/scanner_settings.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/log/log.hpp"
#include "milters/antivirus/engine.hpp"

namespace postern::avscan {

/// Since the start.
struct Counts {
  std::int64_t scanned = 0;  ///< Messages that were answered.
  std::int64_t infected = 0;
  std::int64_t unscannable = 0;
  std::int64_t retried = 0;
  std::int64_t cache_hits = 0;  ///< Messages and attachments.
};

/// A message that somebody asks about.
struct Job {
  using Answer = std::function<void(const antivirus::ScanAnswer&)>;

  antivirus::ScanRequest request;
  io::FileDescriptor memory;
  Answer answer;                             ///< None: whoever asked is gone.
  std::vector<antivirus::Outcome> outcomes;  ///< What is known so far, one for each object.
  std::string known_by;                      ///< The generation that knows it.
  bool retried = false;
  bool late = false;  ///< Its process was killed because it took too long.
  std::chrono::steady_clock::time_point waits_since;
  std::chrono::milliseconds waited{};  ///< Before that.
  io::EventLoop::Timer timer;          ///< Ends its wait, or its scan.
};

class Dispatcher {
 public:
  /// \param loop, log  Outlive the dispatcher.
  Dispatcher(io::EventLoop& loop, io::Log& log, const antivirus::ScannerSettings& settings);

  /// \param memory  Sealed, and of the size that the request says.
  /// \param answer  Called once in the loop, perhaps before this returns.
  /// \return While it waits for a process, this is all that holds it.
  [[nodiscard]] std::shared_ptr<Job> submit(antivirus::ScanRequest request,
                                            io::FileDescriptor memory, Job::Answer answer);

  /// Whoever asked is gone. What runs is scanned to its end, or killed in time.
  static void abandon(Job& job) { job.answer = nullptr; }

  /// From now on this engine scans. What runs in another one ends there.
  void use(Engine& engine);
  /// There is none for a while: messages wait.
  void pause();
  /// There is none, and none is coming: messages are told so.
  void refuse(std::string why);
  /// Nothing more of this engine comes.
  void forget(Engine& engine);

  void on_child_ready() { dispatch(); }
  void on_answer(Engine& engine, Child& child, const std::string& text);
  void on_child_end(Engine& engine, Child& child);

  void set_mode(antivirus::Mode mode);
  void reload(const antivirus::ScannerSettings& settings);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }

 private:
  struct Run {
    Engine* engine = nullptr;
    std::shared_ptr<Job> job;
  };

  void apply_mode(Job& job) const;
  void look_up(Job& job);
  void forget_known(Job& job) const;
  void enqueue(const std::shared_ptr<Job>& job, bool in_front);
  void dispatch();
  bool start(const std::shared_ptr<Job>& job);
  void retry(const std::shared_ptr<Job>& job, std::string_view why);
  void take(const antivirus::ScanAnswer& answer, Job& job);
  void finish(const std::shared_ptr<Job>& job);
  void fail(const std::shared_ptr<Job>& job, antivirus::Result result, const std::string& why);
  void answer_waiting(antivirus::Result result, const std::string& why);
  void note_refusal(const std::string& why);

  io::EventLoop& loop_;
  io::Log& log_;
  antivirus::ScannerSettings settings_;
  antivirus::ResultCache cache_;
  std::string generation_;  // of the cache
  antivirus::Mode mode_ = antivirus::Mode::full;
  Engine* engine_ = nullptr;
  std::string refusal_;  // why there is no engine and none is coming
  std::deque<std::weak_ptr<Job>> queue_;
  std::map<Child*, Run> running_;
  Counts counts_;
  std::int64_t refused_ = 0;
  std::chrono::steady_clock::time_point next_refusal_line_{};
};

}  // namespace postern::avscan
