// The generations of signatures: loads a new one when files change, beside the old one or, when
// memory is short, in its place; and gives all up when the host needs the memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/antivirus/governor.hpp"
#include "lib/antivirus/scanner_settings.hpp"
#include "lib/antivirus/status.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/log/log.hpp"
#include "milters/antivirus/dispatcher.hpp"
#include "milters/antivirus/engine.hpp"

namespace postern::avscan {

class Generations final : private EngineEvents {
 public:
  using OnReloaded = std::function<void(const antivirus::ReloadAnswer&)>;

  struct Paths {
    std::string program;    ///< postern-avscan-engine.
    std::string directory;  ///< For what is unpacked.
  };

  /// Everything borrowed outlives it.
  Generations(io::EventLoop& loop, io::Log& log, Dispatcher& dispatcher, Paths paths,
              const antivirus::ScannerSettings& settings);

  void start();
  /// Loads the signatures anew, whether files have changed or not.
  void load_again(OnReloaded done);
  /// With other settings, which a new engine has to know.
  void reload(const antivirus::ScannerSettings& settings);
  /// Ends every process.
  void stop();

  /// What it knows of the status.
  void describe(antivirus::Status& status) const;

 private:
  void on_ready(Engine& engine) override;
  void on_engine_end(Engine& engine, const std::string& why) override;
  void on_child_ready(Engine& engine) override;
  void on_answer(Engine& engine, Child& child, std::string text) override;
  void on_child_end(Engine& engine, Child& child) override;
  void on_child_status(const antivirus::Ended& ended, bool expected) override;
  void on_not_forked(const std::string& why) override;
  void on_forbidden(const antivirus::Forbidden& forbidden) override;

  void look();  // at memory and files, from time to time
  void look_at_memory();
  void look_at_files();
  void look_at_directory();
  void begin_load();
  [[nodiscard]] bool has_room_for_two() const;
  void pause_for_load();
  void continue_pause();
  void start_engine();
  void take_over(std::unique_ptr<Engine> engine);
  void fail_load(const std::string& why);
  void say_failed(const std::string& why);
  void remove_leftovers() const;
  void lose_current(const std::string& why);
  void drain(std::unique_ptr<Engine> engine);
  void end_drained();
  void retire(std::unique_ptr<Engine> engine);
  void go_off();
  void tell_reloaded(const antivirus::ReloadAnswer& answer);
  [[nodiscard]] antivirus::EngineOptions options() const;

  io::EventLoop& loop_;
  io::Log& log_;
  Dispatcher& dispatcher_;
  const Paths paths_;
  antivirus::ScannerSettings settings_;
  antivirus::Governor governor_;

  std::unique_ptr<Engine> current_;                // scans
  std::unique_ptr<Engine> next_;                   // loads
  std::vector<std::unique_ptr<Engine>> draining_;  // finish what they have begun
  std::vector<OnReloaded> waiting_;                // for the load that has begun, or will

  std::string seen_stamp_;    // at the last look
  std::string loaded_stamp_;  // of the load that was begun last
  std::string failed_stamp_;  // of the last load that failed
  bool load_once_more_ = false;
  bool pausing_ = false;  // the old generation ends before the new one begins
  std::chrono::steady_clock::time_point pause_until_{};
  std::chrono::steady_clock::time_point load_began_{};
  std::chrono::steady_clock::time_point not_before_{};  // a load that failed for want of something
  std::chrono::steady_clock::time_point last_loss_{};   // of an engine that scanned
  std::uint64_t engine_memory_ = 0;                     // of the last one that was loaded
  std::int64_t since_ = 0;
  std::string problem_;
  std::string fork_problem_;  // that was said last
  std::string warning_;       // of the engine that was loaded last
  unsigned number_ = 0;
  io::EventLoop::Timer look_timer_;
  io::EventLoop::Timer pause_timer_;
};

}  // namespace postern::avscan
