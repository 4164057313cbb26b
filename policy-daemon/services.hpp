// What all parts of the daemon share.
#pragma once

#include <memory>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/daemon/store_worker.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/postfix/table_worker.hpp"
#include "lib/io/resolver/resolver.hpp"
#include "lib/io/site/site.hpp"
#include "policy-daemon/notice_sender.hpp"

namespace postern {

/// Outlives every connection. Used in the loop's thread.
struct Services {
  io::EventLoop& loop;
  io::Log& log;
  io::StoreWorker& store;
  io::Resolver& resolver;
  NoticeSender& notices;
  io::TableWorker& tables;
  std::shared_ptr<const io::Site> site;  ///< Requests keep the one they began with.
};

}  // namespace postern
