// A program that runs beside the loop until it ends, is too slow, or prints too much.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/asio/event_loop.hpp"

namespace postern::io {

struct ChildLimits {
  std::chrono::milliseconds time{};
  std::size_t output = 0;  ///< Octets.
};

struct ChildEnd {
  enum class Cause { exited, signalled, late, talkative };
  Cause cause = Cause::exited;
  int status = 0;      ///< The exit status; with Cause::signalled the number of the signal.
  std::string output;  ///< Standard output, at most what the limits allow.
};

/// One child. Its limits end it by SIGKILL. It is waited for whatever happens, so none stays behind
/// as a zombie.
class ChildProcess {
 public:
  /// Called once, in the loop's thread, when the child has ended and been waited for; never by
  /// start(), and not after the ChildProcess has gone, which it may destroy.
  using Done = std::function<void(ChildEnd end)>;

  /// \param loop   Outlives the child.
  /// \param words  Path of the program, which is not searched, and its arguments; errors that it
  ///               prints are lost.
  /// \return Why it cannot be run: one line without the path.
  [[nodiscard]] static Expected<std::unique_ptr<ChildProcess>, std::string> start(
      EventLoop& loop, const std::vector<std::string>& words, const ChildLimits& limits, Done done);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess(ChildProcess&&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Kills what still runs, and waits for its end.
  ~ChildProcess();

 private:
  class Implementation;
  explicit ChildProcess(std::shared_ptr<Implementation> implementation);

  std::shared_ptr<Implementation> implementation_;
};

}  // namespace postern::io
