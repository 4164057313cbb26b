// One generation of signatures: the process that has loaded them, and its children that scan.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/base/result.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/asio/packet_channel.hpp"

namespace postern::avscan {

class Engine;

/// A process that scans, seen from the supervisor.
struct Child {
  pid_t pid = 0;
  std::unique_ptr<io::PacketChannel> channel;  ///< None: it is on its way out.
  std::uint32_t served = 0;                    ///< Requests it was given.
  bool busy = false;
};

/// What an engine tells its owner. Each is called from the loop; none may destroy the engine before
/// it returns.
class EngineEvents {
 public:
  EngineEvents() = default;
  EngineEvents(const EngineEvents&) = delete;
  EngineEvents& operator=(const EngineEvents&) = delete;
  virtual ~EngineEvents() = default;

  virtual void on_ready(Engine& engine) = 0;
  /// The signatures cannot be used, or the process has died.
  virtual void on_engine_end(Engine& engine, const std::string& why) = 0;
  virtual void on_child_ready(Engine& engine) = 0;
  virtual void on_answer(Engine& engine, Child& child, std::string text) = 0;
  /// Its connection has gone; the child goes after this.
  virtual void on_child_end(Engine& engine, Child& child) = 0;
  virtual void on_child_status(const antivirus::Ended& ended, bool expected) = 0;
  virtual void on_not_forked(const std::string& why) = 0;
  virtual void on_forbidden(const antivirus::Forbidden& forbidden) = 0;
};

class Engine {
 public:
  /// Starts the process, which begins to load.
  /// \param program  Path of postern-avscan-engine.
  /// \param events   Outlives the engine.
  [[nodiscard]] static Expected<std::unique_ptr<Engine>, std::string> start(
      io::EventLoop& loop, const std::string& program, const antivirus::EngineOptions& options,
      EngineEvents& events);

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  /// Ends the process and its children.
  ~Engine();

  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] const antivirus::Ready& generation() const { return generation_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Where its children unpack.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// How many children there shall be. Those that are too many go when they are idle.
  void want_children(std::uint32_t count, std::uint32_t messages_per_child);

  /// An idle child. \param fresh  Only one that has served nothing yet. \return nullptr: none.
  [[nodiscard]] Child* idle_child(bool fresh);
  /// Gives it a request. \return False when it takes none.
  [[nodiscard]] bool give(Child& child, const std::string& request, int memory);
  /// It has answered: it is idle, or goes if another has its place.
  void release(Child& child);
  /// Ends it by SIGKILL, which on_child_end() tells.
  void kill(const Child& child);

  /// Whether another child is on its way.
  [[nodiscard]] bool is_forking() const { return forking_ > 0 || fork_timer_.is_set(); }

  [[nodiscard]] std::size_t children() const { return children_.size(); }
  [[nodiscard]] std::size_t busy_children() const;

 private:
  Engine(io::EventLoop& loop, EngineEvents& events, pid_t pid, io::FileDescriptor handle);
  void on_packet(const std::string& text, io::FileDescriptor file);
  void add_child(pid_t pid, io::FileDescriptor socket);
  void on_child_gone(pid_t pid);
  void on_ended(const antivirus::Ended& ended);
  void fork_missing();
  void retire_spare();
  [[nodiscard]] bool is_worn(const Child& child) const;
  [[nodiscard]] std::size_t fit_children() const;
  Child* find(pid_t pid);
  bool end_process(pid_t pid);
  void on_stuck();

  io::EventLoop& loop_;
  EngineEvents& events_;
  pid_t pid_;
  io::FileDescriptor handle_;  // of the process: its number may become another's
  std::unique_ptr<io::PacketChannel> control_;
  antivirus::Ready generation_;
  bool ready_ = false;
  std::uint32_t wanted_ = 0;
  std::uint32_t messages_per_child_ = 0;
  std::size_t forking_ = 0;  // asked for, and not there yet
  std::vector<std::unique_ptr<Child>> children_;
  std::vector<pid_t> dismissed_;       // have been told to go
  std::chrono::milliseconds delay_{};  // before the next fork, after deaths without work
  io::EventLoop::Timer fork_timer_;
  io::EventLoop::Timer stuck_timer_;
  bool stuck_ = false;
  std::string directory_;
};

}  // namespace postern::avscan
