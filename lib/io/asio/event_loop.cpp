#include "lib/io/asio/event_loop.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "lib/io/asio/implementation.hpp"

namespace postern::io {
namespace {

void wait_for_signal(asio::signal_set& signals, std::function<void(int)> handler) {
  signals.async_wait(
      [&signals, handler = std::move(handler)](const asio::error_code& error, int signal) {
        if (error) return;
        handler(signal);
        wait_for_signal(signals, handler);
      });
}

}  // namespace

EventLoop::EventLoop() : implementation_(std::make_unique<Implementation>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  implementation_->context.run();
}

void EventLoop::stop() {
  implementation_->context.stop();
}

void EventLoop::post(Action action) {
  asio::post(implementation_->context, std::move(action));
}

EventLoop::Timer EventLoop::after(std::chrono::milliseconds delay, Action action) {
  auto timer = std::make_shared<asio::steady_timer>(implementation_->context, delay);
  // A timer that has gone off just before its handle goes is not cancelled any more: hence weak.
  const std::weak_ptr<asio::steady_timer> alive = timer;
  timer->async_wait([alive, action = std::move(action)](const asio::error_code& error) {
    if (!error && !alive.expired()) action();
  });
  return Timer(std::move(timer));
}

void EventLoop::on_signals(std::initializer_list<int> signals, std::function<void(int)> handler) {
  for (const int signal : signals) implementation_->signals.add(signal);
  wait_for_signal(implementation_->signals, std::move(handler));
}

}  // namespace postern::io
