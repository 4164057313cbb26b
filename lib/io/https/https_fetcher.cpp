#include "lib/io/https/https_fetcher.hpp"

#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "lib/io/handle.hpp"
#include "lib/io/https/transfer.hpp"

namespace postern::io {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int longest_sleep = 60'000;  // milliseconds; curl_multi_wakeup ends it

// Once in a process, and never undone: other users of libcurl may still be there.
bool start_libcurl() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

// The program's own thread takes signals; a closed connection is an error, not SIGPIPE.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

HttpsResult failed(const char* problem) {
  return Unexpected<std::string>(problem);
}

}  // namespace

class HttpsFetcher::Worker {
 public:
  explicit Worker(HttpsOptions options)
      : options_(std::move(options)), multi_(start_libcurl() ? curl_multi_init() : nullptr) {
    if (multi_) thread_ = std::thread([this] { run(); });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(Worker&&) = delete;
  ~Worker() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  void add(HttpsRequest request, Done done) {
    {
      const std::lock_guard lock(mutex_);
      if (multi_ != nullptr && may_add(request.url)) {
        std::vector<Done>& waiting = callbacks_[request.url];
        waiting.push_back(std::move(done));
        if (waiting.size() == 1) {
          queue_.push_back({std::move(request), Clock::now() + options_.timeout});
        }
        curl_multi_wakeup(multi_.get());
        return;
      }
    }
    done(failed("too many others are being fetched"));
  }

 private:
  struct Waiting {
    HttpsRequest request;
    Clock::time_point deadline;
  };

  bool may_add(const std::string& url) const {
    constexpr std::size_t max_callbacks = 10'000;  // of one URL
    const auto found = callbacks_.find(url);
    if (found != callbacks_.end()) return found->second.size() < max_callbacks;
    return queue_.size() < options_.max_waiting;
  }
  void run();
  bool start_some();
  void start(const Waiting& waiting);
  void collect();
  void finish(const std::string& url, const HttpsResult& result);
  void give_up();

  const HttpsOptions options_;
  const CHandle<CURLM, curl_multi_cleanup> multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> running_;  // of the thread alone

  std::mutex mutex_;  // guards what follows
  std::deque<Waiting> queue_;
  std::map<std::string, std::vector<Done>> callbacks_;  // by URL, of queue_ and running_
  bool stopping_ = false;

  std::thread thread_;
};

void HttpsFetcher::Worker::run() {
  block_signals();
  while (start_some()) {
    int still_running = 0;
    curl_multi_perform(multi_.get(), &still_running);
    const std::size_t before = running_.size();
    collect();
    if (running_.size() < before) continue;  // there is room for those that wait
    curl_multi_poll(multi_.get(), nullptr, 0, longest_sleep, nullptr);
  }
  give_up();
}

// False when the thread is to end.
bool HttpsFetcher::Worker::start_some() {
  while (true) {
    Waiting next;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      if (queue_.empty() || running_.size() >= options_.max_parallel) return true;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    start(next);
  }
}

void HttpsFetcher::Worker::start(const Waiting& waiting) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(waiting.deadline - Clock::now());
  if (left.count() <= 0) return finish(waiting.request.url, failed("no answer in time"));
  auto transfer = std::make_unique<Transfer>(waiting.request, options_, left);
  CURL* const handle = transfer->handle();
  if (handle == nullptr || curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
    return finish(waiting.request.url, transfer->result(CURLE_FAILED_INIT));
  }
  running_[handle] = std::move(transfer);
}

void HttpsFetcher::Worker::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = running_.find(message->easy_handle);
    if (found == running_.end()) continue;
    const CURLcode code = message->data.result;  // the message goes with the handle
    curl_multi_remove_handle(multi_.get(), found->first);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    running_.erase(found);
    finish(transfer->url(), transfer->result(code));
  }
}

void HttpsFetcher::Worker::finish(const std::string& url, const HttpsResult& result) {
  std::vector<Done> callbacks;
  {
    const std::lock_guard lock(mutex_);
    const auto found = callbacks_.find(url);
    if (found == callbacks_.end()) return;
    callbacks = std::move(found->second);
    callbacks_.erase(found);
  }
  for (const Done& done : callbacks) done(result);
}

void HttpsFetcher::Worker::give_up() {
  for (const auto& [handle, transfer] : running_) curl_multi_remove_handle(multi_.get(), handle);
  running_.clear();
  std::map<std::string, std::vector<Done>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks.swap(callbacks_);
    queue_.clear();
  }
  for (const auto& [url, all] : callbacks) {
    for (const Done& done : all) done(failed("the fetcher has stopped"));
  }
}

HttpsFetcher::HttpsFetcher(HttpsOptions options)
    : worker_(std::make_unique<Worker>(std::move(options))) {}
HttpsFetcher::~HttpsFetcher() = default;

void HttpsFetcher::fetch(HttpsRequest request, Done done) {
  worker_->add(std::move(request), std::move(done));
}

}  // namespace postern::io
