// What the files of this folder share of Asio; nobody else includes it.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "lib/io/asio/event_loop.hpp"

namespace postern::io {

class EventLoop::Implementation {
 public:
  asio::io_context context{1};  // one thread runs it
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  asio::signal_set signals{context};
};

}  // namespace postern::io
