#include "lib/io/postfix/table_worker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postern::io {
namespace {

using recipients::Answer;
using recipients::Lookup;

constexpr std::size_t max_jobs = 1000;  // waiting; more fail at once
constexpr std::size_t max_batch = 64;   // jobs of one round of processes

// No more than this for one batch, however many of its tables hang.
constexpr int max_processes = 10;

}  // namespace

TableWorker::TableWorker(EventLoop& loop, TableSettings settings)
    : loop_(loop), reader_(std::move(settings)), thread_([this] { work(); }) {}

TableWorker::~TableWorker() {
  reader_.stop();
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  arrival_.notify_one();
  thread_.join();
}

void TableWorker::run(std::vector<Lookup> lookups, Callback callback) {
  // What is known does not wait for a table that hangs.
  auto known = reader_.find_known(lookups);
  Job job{std::move(lookups), std::move(callback)};
  if (!known.empty()) return post(std::move(job), std::move(known));
  {
    std::unique_lock lock(mutex_);
    if (jobs_.size() < max_jobs) {
      jobs_.push_back(std::move(job));
      lock.unlock();
      return arrival_.notify_one();
    }
  }
  const Answer overload{Answer::Kind::failed, "too many requests wait for the tables"};
  std::vector<Answer> answers(job.lookups.size(), overload);
  post(std::move(job), std::move(answers));
}

void TableWorker::work() {
  while (true) {
    std::vector<Job> jobs = wait_for_jobs();
    if (jobs.empty()) return;
    reader_.refresh_names(TableReader::Clock::now() + reader_.timeout());
    answer(std::move(jobs));
  }
}

// None at the end.
std::vector<TableWorker::Job> TableWorker::wait_for_jobs() {
  std::unique_lock lock(mutex_);
  arrival_.wait(lock, [this] { return is_stopped_ || !jobs_.empty(); });
  if (is_stopped_) return {};
  const auto count = static_cast<std::ptrdiff_t>(std::min(jobs_.size(), max_batch));
  std::vector<Job> taken(std::make_move_iterator(jobs_.begin()),
                         std::make_move_iterator(jobs_.begin() + count));
  jobs_.erase(jobs_.begin(), jobs_.begin() + count);
  return taken;
}

void TableWorker::answer(std::vector<Job> jobs) {
  std::vector<Lookup> lookups;
  for (const Job& job : jobs) {
    lookups.insert(lookups.end(), job.lookups.begin(), job.lookups.end());
  }
  const auto deadline = TableReader::Clock::now() + max_processes * reader_.timeout();
  std::vector<Answer> answers = reader_.look_up(lookups, deadline);
  auto next = std::make_move_iterator(answers.begin());
  for (Job& job : jobs) {
    const auto end = next + static_cast<std::ptrdiff_t>(job.lookups.size());
    std::vector<Answer> own(next, end);
    post(std::move(job), std::move(own));
    next = end;
  }
}

void TableWorker::post(Job job, std::vector<Answer> answers) {
  loop_.post([job = std::move(job), answers = std::move(answers)]() mutable {
    job.callback(std::move(job.lookups), std::move(answers));
  });
}

}  // namespace postern::io
