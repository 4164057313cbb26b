// The process that has loaded the signatures: it forks scanning processes, decides on what they may
// not do by themselves, and tells the supervisor of their lives.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <optional>
#include <string>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/io/clamav/scan_engine.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sandbox/broker.hpp"

namespace postern::avengine {

/// For one thread; nothing may have been started before.
class Zygote {
 public:
  /// \param control  Connected to the supervisor.
  Zygote(int control, io::ScanEngine engine, antivirus::EngineOptions options);
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;
  Zygote(Zygote&&) = delete;
  Zygote& operator=(Zygote&&) = delete;
  /// Ends all children, and removes what they have unpacked.
  ~Zygote();

  /// Serves the supervisor until it goes, or until SIGTERM.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Child {
    pid_t pid = 0;
    std::string directory;
    io::FileDescriptor socket;  // the supervisor's end, until it is told of the child
    std::optional<io::Broker> broker;
    bool is_reported = false;
    Clock::time_point confined_by;
  };

  void on_order();
  void fork_child();
  void end_late_children();
  void on_first_word(Child& child);
  void on_call(Child& child);
  void on_signal();
  void reap();
  void on_end(Child& child, int status);
  void refuse(Child& child, const std::string& why);
  void tell(const antivirus::FromEngine& packet, int descriptor = -1);
  void poll_once();

  int control_;
  io::ScanEngine engine_;
  antivirus::EngineOptions options_;
  io::FileDescriptor signals_;
  std::list<Child> children_;
  bool is_over_ = false;
};

}  // namespace postern::avengine
