#include "lib/io/daemon/store_worker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/store/apply.hpp"

namespace postern::io {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_jobs = 10000;      // waiting; more fail at once
constexpr std::size_t max_batch = 512;       // operations in one run of the store
constexpr std::size_t max_later = 32;        // counts of different keys that wait
constexpr std::size_t sweep_portion = 1000;  // items removed between two batches
constexpr std::chrono::seconds open_interval{2};
constexpr std::chrono::seconds sweep_interval{1};
constexpr std::chrono::hours trouble_memory{1};  // after its end, until it is news again

// Whether nobody can tell when this is done: it only counts.
bool only_counts(const std::vector<store::Operation>& operations) {
  return std::all_of(operations.begin(), operations.end(), [](const store::Operation& operation) {
    return std::holds_alternative<store::Add>(operation);
  });
}

store::Failure overload() {
  return {store::Failure::Kind::unavailable,
          "more than " + std::to_string(max_jobs) + " requests wait for the store"};
}

store::Failure not_open() {
  return {store::Failure::Kind::unavailable, "the store is not open"};
}

}  // namespace

StoreWorker::StoreWorker(EventLoop& loop, Log& log, Opener open)
    : loop_(loop), log_(log), open_(std::move(open)), thread_([this] { work(); }) {}

StoreWorker::~StoreWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  arrival_.notify_one();
  thread_.join();
}

void StoreWorker::run(std::vector<store::Operation> operations, Callback callback) {
  {
    std::unique_lock lock(mutex_);
    if (!callback && only_counts(operations)) return count_later(std::move(operations));
    if (jobs_.size() < max_jobs) {
      jobs_.push_back({std::move(operations), std::move(callback)});
      lock.unlock();
      return arrival_.notify_one();
    }
  }
  if (!callback) return;
  loop_.post([callback = std::move(callback), operations = std::move(operations)] {
    callback(operations, Unexpected<store::Failure>(overload()));
  });
}

// Each commit copies pages, so counts go along with what is written anyway, those of one key as
// one.
void StoreWorker::count_later(std::vector<store::Operation> operations) {
  for (store::Operation& operation : operations) {
    auto& add = std::get<store::Add>(operation);
    const auto same = std::find_if(later_.begin(), later_.end(), [&](const store::Add& other) {
      return other.key == add.key && other.lifetime == add.lifetime;
    });
    if (same != later_.end()) {
      same->delta += add.delta;
    } else if (later_.size() < max_later) {
      later_.push_back(std::move(add));
    } else if (jobs_.size() < max_jobs) {
      jobs_.push_back({{std::move(add)}, nullptr});
    }
  }
}

void StoreWorker::work() {
  static_cast<void>(is_open());  // so that the first question need not wait for it
  while (true) {
    Jobs jobs = wait_for_jobs();
    if (!jobs.empty()) {
      run_batch(std::move(jobs));
    } else {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
    if (Clock::now() >= sweep_again_) sweep();
  }
}

// Jobs of at most max_batch operations, or none after a while.
StoreWorker::Jobs StoreWorker::wait_for_jobs() {
  std::unique_lock lock(mutex_);
  arrival_.wait_for(lock, sweep_interval, [this] { return stopped_ || !jobs_.empty(); });
  std::size_t operations = 0;
  auto end = jobs_.begin();
  while (end != jobs_.end() && (operations += end->operations.size()) <= max_batch) ++end;
  if (end == jobs_.begin() && end != jobs_.end()) ++end;  // one job of its own size
  Jobs taken(std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end));
  jobs_.erase(jobs_.begin(), end);
  if (taken.empty() || later_.size() == max_later || Clock::now() >= sweep_again_ ||
      std::any_of(taken.begin(), taken.end(), writes)) {
    add_counts(taken);
  }
  return taken;
}

bool StoreWorker::writes(const Job& job) {
  return !std::all_of(job.operations.begin(), job.operations.end(), store::only_reads);
}

void StoreWorker::add_counts(Jobs& jobs) {
  if (later_.empty()) return;
  jobs.push_back(
      {{std::make_move_iterator(later_.begin()), std::make_move_iterator(later_.end())}, nullptr});
  later_.clear();
}

bool StoreWorker::is_open() {
  if (store_) return true;
  if (Clock::now() < open_again_) return false;
  open_again_ = Clock::now() + open_interval;
  auto opened = open_();
  if (!opened) {
    note(opened.error(), true);
    return false;
  }
  store_ = std::move(opened->store);
  if (!opened->note.empty()) {
    log_.write(event::store_note, Log::line(event::store_note).add("note", opened->note));
  }
  return true;
}

void StoreWorker::run_batch(Jobs jobs) {
  if (!is_open()) {
    return answer(std::move(jobs), Unexpected<store::Failure>(failure_.value_or(not_open())));
  }
  std::vector<store::Operation> operations;
  for (Job& job : jobs) {
    std::move(job.operations.begin(), job.operations.end(), std::back_inserter(operations));
  }
  const bool only_reads = std::all_of(operations.begin(), operations.end(), store::only_reads);
  Results results = store_->run(operations, io::wall_clock());
  if (results) {
    note(std::nullopt, only_reads);
  } else {
    note(results.error(), only_reads);
    // A store that cannot be read is opened anew, which sets it aside or says why not.
    if (results.error().kind == store::Failure::Kind::corrupt) store_.reset();
  }
  auto next = operations.begin();  // they go back to those who asked
  for (Job& job : jobs) {
    for (store::Operation& operation : job.operations) operation = std::move(*next++);
  }
  answer(std::move(jobs), std::move(results));
}

void StoreWorker::answer(Jobs jobs, Results results) {
  loop_.post([jobs = std::move(jobs), results = std::move(results)]() mutable {
    auto next = results ? results->begin() : std::vector<store::Result>::iterator();
    for (Job& job : jobs) {
      if (!results) {
        if (job.callback) job.callback(std::move(job.operations), results);
        continue;
      }
      const auto end = next + static_cast<std::ptrdiff_t>(job.operations.size());
      if (job.callback) {
        job.callback(std::move(job.operations),
                     std::vector<store::Result>(std::make_move_iterator(next),
                                                std::make_move_iterator(end)));
      }
      next = end;
    }
  });
}

// The operator is told once when it fails, and once when it works again. One that is full or
// read-only still answers who only reads, which is no sign that it works.
void StoreWorker::note(const std::optional<store::Failure>& failure, bool only_reads) {
  if (!failure && only_reads && failed_writing_) return;
  if (failure && !failure_) {
    log_.write(event::store_down, Log::line(event::store_down).add("problem", failure->text));
  } else if (!failure && failure_) {
    log_.write(event::store_up, Log::line(event::store_up));
  }
  failure_ = failure;
  failed_writing_ = failure && !only_reads;
}

// Trouble that comes and goes, as with a store that is full to the brim, is one trouble.
void StoreWorker::note_trouble(const std::string& trouble) {
  if (trouble.empty()) {
    if (Clock::now() >= trouble_forgotten_) trouble_.clear();
    return;
  }
  trouble_forgotten_ = Clock::now() + trouble_memory;
  if (trouble == trouble_) return;
  trouble_ = trouble;
  log_.write(event::store_note, Log::line(event::store_note).add("note", trouble));
}

void StoreWorker::sweep() {
  sweep_again_ = Clock::now() + sweep_interval;
  if (!is_open()) return;
  const auto removed = store_->sweep(sweep_portion, io::wall_clock());
  const std::string trouble = store_->trouble();
  note_trouble(trouble);
  if (removed && *removed >= sweep_portion) sweep_again_ = Clock::now();  // there is more
}

}  // namespace postern::io
