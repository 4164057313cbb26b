// What all parts of the learner share.
#pragma once

#include <memory>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/daemon/store_worker.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/site/site.hpp"
#include "lib/io/training/learner_directory.hpp"

namespace postern::learner {

/// Outlives the parts. Used in the loop's thread.
struct Services {
  io::EventLoop& loop;
  io::Log& log;
  io::StoreWorker& store;
  const io::LearnerDirectory& directory;
  std::shared_ptr<const io::Site> site;
};

}  // namespace postern::learner
