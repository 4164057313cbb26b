// The event loop of a daemon: one thread that runs what is due, on Asio.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace postern::io {

/// Everything but post() and stop() is for the thread that runs the loop.
class EventLoop {
 public:
  using Action = std::function<void()>;
  class Implementation;

  /// Runs its action once, unless it goes before that.
  class Timer {
   public:
    Timer() = default;
    [[nodiscard]] bool is_set() const { return state_ != nullptr; }

   private:
    friend class EventLoop;
    explicit Timer(std::shared_ptr<void> state) : state_(std::move(state)) {}
    std::shared_ptr<void> state_;
  };

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  EventLoop(EventLoop&&) = delete;
  EventLoop& operator=(EventLoop&&) = delete;
  ~EventLoop();

  /// Runs until stop().
  void run();
  /// Any thread may call it.
  void stop();
  /// Has the loop's thread run an action soon. Any thread may call it.
  void post(Action action);

  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Action action);

  /// Calls `handler` for each of these signals from now on.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> handler);

  /// For the other files of this folder.
  [[nodiscard]] Implementation& implementation() { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace postern::io
