#include "milters/antivirus/generations.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/memory/host_memory.hpp"
#include "lib/io/wall_clock.hpp"
#include "milters/antivirus/database_stamp.hpp"

namespace postern::avscan {
namespace {

using antivirus::Mode;
using Clock = std::chrono::steady_clock;

// When a load is tried again that failed though its files may be right; later where the old
// signatures are in use.
constexpr std::chrono::seconds try_again{30};
constexpr std::chrono::minutes try_again_later{10};
constexpr std::chrono::milliseconds look_at_pause{20};
constexpr std::int64_t megabyte = 1024 * 1024;

std::string why_no_signatures(const std::string& database) {
  const bool is_there = ::access(database.c_str(), F_OK) == 0;
  if (is_there && ::access(database.c_str(), R_OK) != 0) {
    return database + " cannot be read by the user of postern-avscan: " +
           std::generic_category().message(errno);
  }
  return (is_there ? "there are no signatures in " + database : database + " does not exist") +
         "; clamav-freshclam fetches them, which takes some minutes when it has just been "
         "installed";
}

std::int64_t in_megabytes(std::uint64_t octets) {
  return static_cast<std::int64_t>(octets) / megabyte;
}

}  // namespace

Generations::Generations(io::EventLoop& loop, io::Log& log, Dispatcher& dispatcher, Paths paths,
                         const antivirus::ScannerSettings& settings)
    : loop_(loop),
      log_(log),
      dispatcher_(dispatcher),
      paths_(std::move(paths)),
      settings_(settings) {}

void Generations::start() {
  look_at_memory();
  seen_stamp_ = stamp_of_database(settings_.database);
  if (governor_.mode() != Mode::off) begin_load();
  look_timer_ = loop_.after(settings_.check_interval, [this] { look(); });
}

void Generations::stop() {
  look_timer_ = {};
  pause_timer_ = {};
  for (const auto& engine : {current_.get(), next_.get()}) {
    if (engine != nullptr) dispatcher_.forget(*engine);
  }
  for (const auto& engine : draining_) dispatcher_.forget(*engine);
  current_.reset();
  next_.reset();
  draining_.clear();
}

antivirus::EngineOptions Generations::options() const {
  antivirus::EngineOptions options;
  options.database = settings_.database;
  options.temporary_directory = paths_.directory + "/" + std::to_string(number_);
  options.max_scan_size = settings_.max_scan_size.bytes;
  options.max_file_size = settings_.max_file_size.bytes;
  options.max_recursion = settings_.max_recursion;
  options.max_files = settings_.max_files;
  options.scan_time = settings_.scan_time;
  options.processor_time =
      std::chrono::duration_cast<std::chrono::seconds>(settings_.processor_time);
  options.child_memory = settings_.child_memory.bytes;
  options.potentially_unwanted = settings_.potentially_unwanted;
  return options;
}

void Generations::look() {
  look_timer_ = loop_.after(settings_.check_interval, [this] { look(); });
  look_at_memory();
  if (governor_.mode() == Mode::off) return;
  look_at_directory();
  look_at_files();
}

// Somebody may clean up; what cannot be unpacked is not scanned.
void Generations::look_at_directory() {
  if (!current_ || next_ || pausing_ || Clock::now() < not_before_) return;
  if (::access(current_->directory().c_str(), F_OK) == 0) return;
  auto line = io::Log::line(event::scanner_files_gone);
  log_.write(event::scanner_files_gone, line.add("directory", current_->directory()));
  begin_load();
}

void Generations::look_at_memory() {
  const Mode before = governor_.mode();
  const auto available = io::available_memory();
  const Mode now = governor_.decide(settings_.memory_floor.bytes, engine_memory_, available);
  if (now == before) return;
  const event::Event& event = now == Mode::full ? event::memory_ok : event::memory_low;
  auto line = io::Log::line(event);
  line.add("mode", to_word(now)).add("available_mb", in_megabytes(available.value_or(0)));
  line.add("floor_mb", in_megabytes(settings_.memory_floor.bytes));
  log_.write(event, line);
  if (now == Mode::off) {
    go_off();
  } else if (before == Mode::off) {
    begin_load();
  }
  dispatcher_.set_mode(now);
}

// Gives the memory of the signatures back to the host.
void Generations::go_off() {
  pausing_ = false;
  pause_timer_ = {};
  dispatcher_.pause();
  if (next_) retire(std::move(next_));
  if (current_) drain(std::move(current_));
  tell_reloaded({{}, 0, "the host is short of memory"});
}

// A change is loaded when nothing has changed since the last look: freshclam writes several files.
void Generations::look_at_files() {
  const std::string stamp = stamp_of_database(settings_.database);
  const bool is_quiet = stamp == seen_stamp_;
  seen_stamp_ = stamp;
  if (next_ || pausing_) return;
  const bool is_new = stamp != loaded_stamp_;
  const bool is_due = (!current_ || !problem_.empty()) && Clock::now() >= not_before_;
  if ((is_new && is_quiet) || is_due) begin_load();
}

void Generations::load_again(OnReloaded done) {
  waiting_.push_back(std::move(done));
  if (governor_.mode() == Mode::off) {
    tell_reloaded({{}, 0, "the host is short of memory"});
  } else if (next_ || pausing_) {
    load_once_more_ = true;  // what has begun may have read the old files
  } else {
    begin_load();
  }
}

void Generations::reload(const antivirus::ScannerSettings& settings) {
  settings_ = settings;
  look_at_memory();
  load_again([](const antivirus::ReloadAnswer&) {});
}

void Generations::begin_load() {
  loaded_stamp_ = stamp_of_database(settings_.database);
  load_began_ = Clock::now();
  if (!current_) dispatcher_.pause();
  if (!current_ || has_room_for_two()) return start_engine();
  pause_for_load();
}

bool Generations::has_room_for_two() const {
  const auto available = io::available_memory();
  return !available || *available >= engine_memory_ + settings_.memory_floor.bytes;
}

// Scans that run are finished first; messages that come meanwhile wait.
void Generations::pause_for_load() {
  auto line = io::Log::line(event::scanner_paused);
  line.add("available_mb", in_megabytes(io::available_memory().value_or(0)));
  line.add("needed_mb", in_megabytes(engine_memory_));
  log_.write(event::scanner_paused, line);
  pausing_ = true;
  pause_until_ = Clock::now() + settings_.request_time;
  dispatcher_.pause();
  continue_pause();
}

void Generations::continue_pause() {
  if (current_ && current_->busy_children() > 0 && Clock::now() < pause_until_) {
    pause_timer_ = loop_.after(look_at_pause, [this] { continue_pause(); });
    return;
  }
  pausing_ = false;
  if (current_) {
    dispatcher_.forget(*current_);
    retire(std::move(current_));
  }
  start_engine();
}

void Generations::start_engine() {
  if (loaded_stamp_.empty()) {
    return fail_load(why_no_signatures(settings_.database));
  }
  remove_leftovers();
  ++number_;
  const antivirus::EngineOptions chosen = options();
  ::mkdir(paths_.directory.c_str(), S_IRWXU);  // is there, if nobody has cleaned up
  if (::mkdir(chosen.temporary_directory.c_str(), S_IRWXU) != 0) {
    return fail_load(chosen.temporary_directory +
                     ": cannot be made: " + std::generic_category().message(errno) +
                     "; see scanner.temporary_directory, and restart postern-avscan");
  }
  auto engine = Engine::start(loop_, paths_.program, chosen, *this);
  if (!engine) return fail_load(engine.error());
  next_ = std::move(*engine);
}

// What is left of engines that have ended.
void Generations::remove_leftovers() const {
  std::vector<std::string> in_use;
  for (const Engine* engine : {current_.get(), next_.get()}) {
    if (engine != nullptr) in_use.push_back(engine->directory());
  }
  for (const auto& engine : draining_) in_use.push_back(engine->directory());
  std::error_code error;
  for (std::filesystem::directory_iterator entry(paths_.directory, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const bool is_used =
        std::find(in_use.begin(), in_use.end(), entry->path().string()) != in_use.end();
    if (!is_used && entry->is_directory(ignored)) {
      std::filesystem::remove_all(entry->path(), ignored);
    }
  }
}

void Generations::on_ready(Engine& engine) {
  if (next_.get() == &engine) take_over(std::move(next_));
}

void Generations::take_over(std::unique_ptr<Engine> engine) {
  engine_memory_ = io::anonymous_memory_of(engine->pid());
  since_ = io::wall_clock().time_since_epoch() / std::chrono::milliseconds(1);
  problem_.clear();
  if (current_) drain(std::move(current_));
  current_ = std::move(engine);
  current_->want_children(settings_.children, settings_.messages_per_child);
  dispatcher_.use(*current_);
  const antivirus::Ready& generation = current_->generation();
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - load_began_);
  auto line = io::Log::line(event::signatures_loaded);
  line.add("generation", generation.generation);
  line.add("signatures", static_cast<std::int64_t>(generation.signatures));
  line.add("memory_mb", in_megabytes(engine_memory_)).add("ms", took.count());
  log_.write(event::signatures_loaded, line);
  if (!generation.warning.empty() && generation.warning != warning_) {
    log_.write(event::sandbox_weak,
               io::Log::line(event::sandbox_weak).add("problem", generation.warning));
  }
  warning_ = generation.warning;
  if (std::exchange(load_once_more_, false)) {
    return begin_load();
  }
  tell_reloaded({generation.generation, static_cast<std::int64_t>(generation.signatures), {}});
}

void Generations::on_engine_end(Engine& engine, const std::string& why) {
  if (next_.get() == &engine) {
    retire(std::move(next_));
    fail_load(why);
  } else if (current_.get() == &engine) {
    lose_current(why);
  } else {
    dispatcher_.forget(engine);
    const auto found = std::find_if(draining_.begin(), draining_.end(),
                                    [&](const auto& each) { return each.get() == &engine; });
    if (found == draining_.end()) return;
    auto ended = std::move(*found);
    draining_.erase(found);
    retire(std::move(ended));
  }
}

// The old generation, if there is one, goes on scanning.
void Generations::fail_load(const std::string& why) {
  not_before_ = Clock::now() + (current_ ? try_again_later : try_again);
  if (why != problem_ || loaded_stamp_ != failed_stamp_) say_failed(why);
  problem_ = why;
  failed_stamp_ = loaded_stamp_;
  if (current_) {
    dispatcher_.use(*current_);
  } else {
    dispatcher_.refuse("no signatures are loaded");
  }
  load_once_more_ = false;
  tell_reloaded({{}, 0, why});
}

void Generations::say_failed(const std::string& why) {
  auto line = io::Log::line(event::signatures_failed);
  line.add("problem", why).add("database", settings_.database);
  line.add("old_in_use", current_ ? "yes" : "no");
  log_.write(event::signatures_failed, line);
}

void Generations::lose_current(const std::string& why) {
  dispatcher_.pause();
  dispatcher_.forget(*current_);
  retire(std::move(current_));
  say_failed(why);
  problem_ = why;
  if (next_ || pausing_) return;
  if (Clock::now() - last_loss_ > try_again) {
    last_loss_ = Clock::now();
    begin_load();
  } else {  // or it would die again and again
    not_before_ = last_loss_ + try_again;
    dispatcher_.refuse("the scanner has died");
  }
}

void Generations::drain(std::unique_ptr<Engine> engine) {
  engine->want_children(0, settings_.messages_per_child);
  draining_.push_back(std::move(engine));
  end_drained();
}

void Generations::end_drained() {
  for (std::size_t i = 0; i < draining_.size();) {
    if (draining_[i]->busy_children() > 0) {
      ++i;
      continue;
    }
    auto engine = std::move(draining_[i]);
    draining_.erase(draining_.begin() + static_cast<std::ptrdiff_t>(i));
    dispatcher_.forget(*engine);
    retire(std::move(engine));
  }
}

// Later, since it may be one of its own callbacks that ends here.
void Generations::retire(std::unique_ptr<Engine> engine) {
  loop_.post([gone = std::shared_ptr<Engine>(std::move(engine))]() mutable { gone.reset(); });
}

void Generations::on_child_ready(Engine& /*engine*/) {
  fork_problem_.clear();
  dispatcher_.on_child_ready();
}

void Generations::on_answer(Engine& engine, Child& child, std::string text) {
  dispatcher_.on_answer(engine, child, text);
  if (!draining_.empty()) end_drained();
}

void Generations::on_child_end(Engine& engine, Child& child) {
  dispatcher_.on_child_end(engine, child);
  if (!draining_.empty()) end_drained();
}

void Generations::on_child_status(const antivirus::Ended& ended, bool expected) {
  if (expected) return;
  auto line = io::Log::line(event::scanner_child_died);
  line.add("pid", static_cast<std::int64_t>(ended.pid));
  line.add("signal", static_cast<std::int64_t>(ended.signal));
  line.add("status", static_cast<std::int64_t>(ended.status));
  log_.write(event::scanner_child_died, line);
}

// Said once; another try follows.
void Generations::on_not_forked(const std::string& why) {
  if (why == fork_problem_) return;
  fork_problem_ = why;
  log_.write(event::scanner_no_child, io::Log::line(event::scanner_no_child).add("problem", why));
}

void Generations::on_forbidden(const antivirus::Forbidden& forbidden) {
  auto line = io::Log::line(event::scanner_forbidden);
  line.add("pid", static_cast<std::int64_t>(forbidden.pid)).add("call", forbidden.call);
  line.add("detail", forbidden.detail);
  log_.write(event::scanner_forbidden, line);
}

void Generations::tell_reloaded(const antivirus::ReloadAnswer& answer) {
  for (const OnReloaded& done : std::exchange(waiting_, {})) done(answer);
}

void Generations::describe(antivirus::Status& status) const {
  status.mode = governor_.mode();
  status.loading = next_ != nullptr || pausing_;
  status.problem = problem_;
  if (!current_) return;
  status.generation = current_->generation().generation;
  status.signatures = static_cast<std::int64_t>(current_->generation().signatures);
  status.since = since_;
  status.children = static_cast<std::int64_t>(current_->children());
  if (status.problem.empty() && status.children == 0) status.problem = fork_problem_;
  status.busy = static_cast<std::int64_t>(current_->busy_children());
  status.memory = static_cast<std::int64_t>(engine_memory_);
}

}  // namespace postern::avscan
