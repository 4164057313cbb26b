#include "lib/io/lmdb/checkpointer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::io::lmdb {

Checkpointer::~Checkpointer() {
  unpin();
}

void Checkpointer::unpin() {
  const std::scoped_lock lock(securing_);
  if (pinned_ != nullptr) mdb_txn_abort(std::exchange(pinned_, nullptr));
}

std::uint64_t Checkpointer::pages_written() {
  const std::uint64_t last = environment_.extent().last_page;
  const std::uint64_t added = last > last_page_ ? last - last_page_ : 0;
  return std::max(added, freed_.since(transaction_));
}

bool Checkpointer::is_dirty() const {
  return environment_.extent().transaction != transaction_;
}

int Checkpointer::read_metas(Checkpoint& checkpoint) const {
  for (std::size_t i = 0; i < checkpoint.metas.size(); ++i) {
    const auto offset = static_cast<off_t>(i * checkpoint.page_size);
    auto& meta = checkpoint.metas[i];
    const ssize_t size = ::pread(data_, meta.data(), meta.size(), offset);
    if (size != static_cast<ssize_t>(meta.size())) return size < 0 ? errno : EIO;
  }
  return 0;
}

int Checkpointer::pin(Pin& pin, const store::Timeline& timeline) const {
  if (const int error = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &pin.reader)) {
    pin.reader = nullptr;
    return error;
  }
  pin.checkpoint.transaction = mdb_txn_id(pin.reader);
  pin.checkpoint.page_size = static_cast<std::uint32_t>(environment_.page_size());
  pin.checkpoint.timeline = timeline;
  pin.last_page = environment_.extent().last_page;
  const int error = read_metas(pin.checkpoint);
  if (error != 0) mdb_txn_abort(std::exchange(pin.reader, nullptr));
  return error;
}

int Checkpointer::secure(Pin& pin) {
  const std::scoped_lock lock(securing_);
  MDB_txn* reader = std::exchange(pin.reader, nullptr);
  // Another thread may have secured a later state in the meantime.
  if (pinned_ != nullptr && pin.checkpoint.transaction < transaction_) {
    mdb_txn_abort(reader);
    return 0;
  }
  int error = mdb_env_sync(environment_.get(), 1);
  if (error == 0) error = file_.write(pin.checkpoint);
  if (error != 0) {
    mdb_txn_abort(reader);
    return error;
  }
  if (pinned_ != nullptr) mdb_txn_abort(pinned_);
  pinned_ = reader;
  transaction_ = pin.checkpoint.transaction;
  last_page_ = pin.last_page;
  return 0;
}

int Checkpointer::ensure(const store::Timeline& timeline) {
  if (elected_ || file_.is_other_elected() || !file_.elect()) return 0;
  Pin state;
  int error = pin(state, timeline);
  if (error == 0) error = secure(state);
  if (error != 0) {
    file_.resign();
    return error;
  }
  elected_ = true;
  return 0;
}

int Checkpointer::checkpoint(const store::Timeline& timeline) {
  if (!elected_ && file_.is_other_elected()) return 0;
  if (elected_ && !is_dirty()) return 0;
  Pin state;
  {
    const WriteTransaction writers(environment_);
    if (writers.error() != 0) return writers.error();
    if (!elected_) return ensure(timeline);
    if (const int error = pin(state, timeline)) return error;
  }
  return secure(state);
}

void Checkpointer::close(const store::Timeline& timeline, bool last) {
  // Pins go while no writer is at work; the next one then finds that nobody is elected.
  const WriteTransaction writers(environment_);
  if (last && writers.error() == 0 && (elected_ || file_.elect())) {
    Pin state;
    if (pin(state, timeline) == 0) {
      state.checkpoint.clean = true;
      static_cast<void>(secure(state));
    }
  }
  if (elected_.exchange(false) || last) file_.resign();
  unpin();
}

}  // namespace postern::io::lmdb
