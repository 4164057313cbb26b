#include "milters/antivirus/dispatcher.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/event/catalogue.hpp"

namespace postern::avscan {
namespace {

using antivirus::Known;
using antivirus::Mode;
using antivirus::ObjectKind;
using antivirus::Outcome;
using antivirus::Result;

constexpr std::chrono::minutes line_interval{1};
// A second try may wait for so long at least: that a process is made.
constexpr std::chrono::milliseconds least_wait{2000};

bool is_settled(const Job& job) {
  const auto& objects = job.request.objects;
  return std::all_of(objects.begin(), objects.end(),
                     [](const auto& each) { return each.known != Known::nothing; });
}

Result gravest(const std::vector<Outcome>& outcomes) {
  Result worst = Result::clean;
  for (const Outcome& outcome : outcomes) worst = std::max(worst, outcome.result);
  return worst;
}

}  // namespace

Dispatcher::Dispatcher(io::EventLoop& loop, io::Log& log,
                       const antivirus::ScannerSettings& settings)
    : loop_(loop), log_(log), settings_(settings), cache_(settings.cache) {}

std::shared_ptr<Job> Dispatcher::submit(antivirus::ScanRequest request, io::FileDescriptor memory,
                                        Job::Answer answer) {
  auto job = std::make_shared<Job>();
  job->request = std::move(request);
  job->memory = std::move(memory);
  job->answer = std::move(answer);
  job->outcomes.resize(job->request.objects.size());
  for (antivirus::Object& object : job->request.objects) object.known = Known::nothing;
  apply_mode(*job);
  if (engine_ != nullptr) look_up(*job);
  std::erase_if(queue_, [](const auto& waiting) { return waiting.expired(); });
  if (is_settled(*job)) {
    finish(job);
  } else if (engine_ == nullptr && !refusal_.empty()) {
    fail(job, Result::temperror, refusal_);
  } else if (queue_.size() >= settings_.queue) {
    note_refusal("scanner.queue is full");
    fail(job, Result::temperror, "too many messages wait for the scanner");
  } else {
    enqueue(job, false);
    dispatch();
  }
  return job;
}

// What the governor leaves out.
void Dispatcher::apply_mode(Job& job) const {
  if (mode_ == Mode::full) return;
  for (std::size_t i = 0; i < job.outcomes.size(); ++i) {
    antivirus::Object& object = job.request.objects[i];
    if (object.known != Known::nothing ||
        (mode_ == Mode::attachments && object.kind != ObjectKind::message))
      continue;
    object.known = Known::outcome;
    job.outcomes[i] = {Result::skipped, "memory"};
  }
}

void Dispatcher::look_up(Job& job) {
  job.known_by = generation_;
  for (std::size_t i = 0; i < job.outcomes.size(); ++i) {
    antivirus::Object& object = job.request.objects[i];
    if (object.known != Known::nothing) continue;
    const Outcome* const known = cache_.find(object);
    if (known == nullptr) continue;
    object.known = known->result == Result::clean ? Known::clean : Known::outcome;
    job.outcomes[i] = *known;
    ++counts_.cache_hits;
  }
}

// What another generation said is nothing to this one.
void Dispatcher::forget_known(Job& job) const {
  for (std::size_t i = 0; i < job.outcomes.size(); ++i) {
    if (job.outcomes[i].result == Result::skipped) continue;  // for lack of memory
    job.request.objects[i].known = Known::nothing;
    job.outcomes[i] = {};
  }
}

// What has waited in vain is told so; a retry keeps its turn.
void Dispatcher::enqueue(const std::shared_ptr<Job>& job, bool in_front) {
  if (in_front) {
    queue_.push_front(job);
  } else {
    queue_.push_back(job);
  }
  job->waits_since = std::chrono::steady_clock::now();
  const auto wait = std::max(settings_.wait - job->waited, std::min(least_wait, settings_.wait));
  job->timer = loop_.after(wait, [this, weak = std::weak_ptr<Job>(job)] {
    const auto late = weak.lock();
    if (!late) return;
    std::erase_if(queue_, [&](const auto& waiting) { return waiting.lock() == late; });
    note_refusal("no process was free within scanner.wait");
    fail(late, Result::temperror, "no scanner was free in time");
  });
}

// In their order; one that is tried again needs a new process, for which it does not keep the
// others waiting.
void Dispatcher::dispatch() {
  for (auto place = queue_.begin(); place != queue_.end();) {
    const auto job = place->lock();
    if (job && !start(job)) {
      if (engine_ == nullptr || !engine_->is_ready() || engine_->idle_child(false) == nullptr) {
        return;
      }
      ++place;
      continue;
    }
    place = queue_.erase(place);
  }
}

// Whether it has gone from the queue.
bool Dispatcher::start(const std::shared_ptr<Job>& job) {
  if (engine_ == nullptr || !engine_->is_ready()) return false;
  Child* child = engine_->idle_child(job->retried);
  if (child == nullptr && job->retried && !engine_->is_forking()) {
    child = engine_->idle_child(false);
  }
  if (child == nullptr) return false;
  if (job->known_by != generation_) {
    forget_known(*job);
    look_up(*job);
    if (is_settled(*job)) return finish(job), true;
  }
  if (!engine_->give(*child, format(job->request), job->memory.get())) {
    engine_->kill(*child);
    return false;
  }
  job->waited += std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - job->waits_since);
  running_[child] = {engine_, job};
  job->timer = loop_.after(settings_.request_time, [this, child, weak = std::weak_ptr<Job>(job)] {
    const auto late = weak.lock();
    const auto run = running_.find(child);
    if (!late || run == running_.end()) return;
    late->late = true;
    run->second.engine->kill(*child);
  });
  return true;
}

void Dispatcher::on_answer(Engine& engine, Child& child, const std::string& text) {
  const auto run = running_.find(&child);
  const auto answer = antivirus::parse_scan_answer(text);
  if (run == running_.end() || !answer ||
      answer->outcomes.size() != run->second.job->outcomes.size()) {
    return engine.kill(child);  // on_child_end() follows
  }
  const std::shared_ptr<Job> job = std::move(run->second.job);
  running_.erase(run);
  take(*answer, *job);
  if (engine_ == &engine) {
    for (std::size_t i = 0; i < job->outcomes.size(); ++i) {
      const antivirus::Object& object = job->request.objects[i];
      if (object.known == Known::nothing) cache_.add(object, job->outcomes[i]);
    }
  }
  finish(job);
  engine.release(child);
  dispatch();
}

void Dispatcher::take(const antivirus::ScanAnswer& answer, Job& job) {
  for (std::size_t i = 0; i < job.outcomes.size(); ++i) {
    if (job.request.objects[i].known == Known::nothing) job.outcomes[i] = answer.outcomes[i];
  }
}

void Dispatcher::on_child_end(Engine& /*engine*/, Child& child) {
  const auto run = running_.find(&child);
  if (run == running_.end()) return;
  const std::shared_ptr<Job> job = std::move(run->second.job);
  running_.erase(run);
  retry(job, job->late ? "took longer than scanner.request_time" : "the scanner died");
  dispatch();
}

void Dispatcher::retry(const std::shared_ptr<Job>& job, std::string_view why) {
  const auto& objects = job->request.objects;
  const auto octets =
      std::accumulate(objects.begin(), objects.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const auto& object) { return sum + object.size; });
  const event::Event& event = job->retried ? event::scan_given_up : event::scan_retried;
  auto line = io::Log::line(event);
  line.add("why", why).add("octets", static_cast<std::int64_t>(octets));
  log_.write(event, line);
  if (job->retried) return fail(job, Result::unscannable, std::string(why) + ", twice");
  job->retried = true;
  job->late = false;
  if (!job->answer) return;
  ++counts_.retried;
  if (engine_ == nullptr && !refusal_.empty()) return fail(job, Result::temperror, refusal_);
  enqueue(job, true);
}

void Dispatcher::finish(const std::shared_ptr<Job>& job) {
  job->timer = {};
  ++counts_.scanned;
  const Result worst = gravest(job->outcomes);
  if (worst == Result::infected) ++counts_.infected;
  if (worst == Result::unscannable) ++counts_.unscannable;
  const Job::Answer answer = std::exchange(job->answer, nullptr);
  if (answer) answer({generation_, job->outcomes});
}

void Dispatcher::fail(const std::shared_ptr<Job>& job, Result result, const std::string& why) {
  for (std::size_t i = 0; i < job->outcomes.size(); ++i) {
    if (job->request.objects[i].known != Known::nothing) continue;
    job->outcomes[i] = {result, antivirus::printable_name(why)};
  }
  finish(job);
}

void Dispatcher::use(Engine& engine) {
  engine_ = &engine;
  refusal_.clear();
  if (generation_ != engine.generation().generation) {
    generation_ = engine.generation().generation;
    cache_.clear();
  }
  dispatch();
}

void Dispatcher::pause() {
  engine_ = nullptr;
  refusal_.clear();
}

void Dispatcher::refuse(std::string why) {
  engine_ = nullptr;
  refusal_ = std::move(why);
  answer_waiting(Result::temperror, refusal_);
}

void Dispatcher::forget(Engine& engine) {
  if (engine_ == &engine) engine_ = nullptr;
  std::vector<std::shared_ptr<Job>> orphans;
  for (auto run = running_.begin(); run != running_.end();) {
    if (run->second.engine != &engine) {
      ++run;
      continue;
    }
    orphans.push_back(std::move(run->second.job));
    run = running_.erase(run);
  }
  for (const auto& job : orphans) retry(job, "the scanner died");
}

void Dispatcher::set_mode(Mode mode) {
  mode_ = mode;
  if (mode == Mode::off) answer_waiting(Result::skipped, "memory");
}

void Dispatcher::answer_waiting(Result result, const std::string& why) {
  const auto waiting = std::exchange(queue_, {});
  for (const auto& weak : waiting) {
    if (const auto job = weak.lock()) fail(job, result, why);
  }
}

void Dispatcher::reload(const antivirus::ScannerSettings& settings) {
  settings_ = settings;
  cache_.set_capacity(settings.cache);
}

void Dispatcher::note_refusal(const std::string& why) {
  ++refused_;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_refusal_line_) return;
  next_refusal_line_ = now + line_interval;
  auto line = io::Log::line(event::scanner_busy);
  line.add("why", why).add("count", refused_);
  log_.write(event::scanner_busy, line);
  refused_ = 0;
}

}  // namespace postern::avscan
