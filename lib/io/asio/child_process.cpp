#include "lib/io/asio/child_process.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include <asio/posix/stream_descriptor.hpp>

#include "lib/io/asio/implementation.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/process/spawn.hpp"

namespace postern::io {
namespace {

std::string text_of(int error) {
  return std::generic_category().message(error);
}

// Readable when the process has ended. <sys/pidfd.h> of glibc 2.36 is not for C++.
int open_process(pid_t process) {
  return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

// Owns a process: kills what is not waited for.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  Child(Child&& other) noexcept : process_(std::exchange(other.process_, 0)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    kill();
    if (process_ != 0) wait();
  }

  void kill() const {
    if (process_ != 0) ::kill(process_, SIGKILL);
  }

  // Its wait status, once it has ended.
  std::optional<int> poll() {
    int status = 0;
    const pid_t ended = ::waitpid(process_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
    process_ = 0;
    return status;
  }

  // The same. Only for one that has ended or was killed, so that this does not take long.
  int wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
    process_ = 0;
    return status;
  }

 private:
  pid_t process_;  // 0: waited for
};

}  // namespace

class ChildProcess::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, Child child, std::size_t max_output, Done done)
      : child_(std::move(child)),
        end_(loop.implementation().context),
        output_(loop.implementation().context),
        max_output_(max_output),
        done_(std::move(done)) {}
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  Implementation(Implementation&&) = delete;
  Implementation& operator=(Implementation&&) = delete;
  ~Implementation() = default;

  // False when the loop has no room for them.
  bool adopt(FileDescriptor end, FileDescriptor output) {
    asio::error_code error;
    end_.assign(end.get(), error);
    if (error) return false;
    (void)end.release();
    output_.assign(output.get(), error);
    if (error) return false;
    (void)output.release();
    return true;
  }

  void start(EventLoop& loop, std::chrono::milliseconds time) {
    deadline_ = loop.after(time, [this] { kill(ChildEnd::Cause::late); });
    wait_for_output();
    wait_for_exit();
  }

 private:
  void wait_for_output() {
    output_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [weak = weak_from_this()](const asio::error_code& error) {
                         const auto self = weak.lock();
                         if (!error && self && self->read_output()) self->wait_for_output();
                       });
  }

  void wait_for_exit() {
    end_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [weak = weak_from_this()](const asio::error_code& error) {
                      const auto self = weak.lock();
                      if (error || !self) return;
                      // The loop may say so although it has not.
                      const auto status = self->child_.poll();
                      if (status) return self->on_exit(*status);
                      self->wait_for_exit();
                    });
  }

  // False at the end of the output, or when it has become too much.
  bool read_output() {
    std::array<char, 4096> chunk{};
    while (true) {
      const ssize_t size = ::read(output_.native_handle(), chunk.data(), chunk.size());
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      if (size == 0) return false;
      const std::size_t room = max_output_ - text_.size();
      text_.append(chunk.data(), std::min(static_cast<std::size_t>(size), room));
      if (static_cast<std::size_t>(size) <= room) continue;
      kill(ChildEnd::Cause::talkative);
      return false;
    }
  }

  void kill(ChildEnd::Cause cause) {
    if (cause_ != ChildEnd::Cause::exited) return;
    cause_ = cause;
    child_.kill();
  }

  // What it wrote last is still in the pipe.
  void on_exit(int status) {
    if (cause_ == ChildEnd::Cause::exited) read_output();
    deadline_ = {};
    asio::error_code ignored;
    output_.close(ignored);
    ChildEnd end{cause_, 0, std::move(text_)};
    if (end.cause == ChildEnd::Cause::exited && WIFSIGNALED(status)) {
      end.cause = ChildEnd::Cause::signalled;
    }
    end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    std::exchange(done_, nullptr)(std::move(end));
  }

  Child child_;
  asio::posix::stream_descriptor end_;
  asio::posix::stream_descriptor output_;
  const std::size_t max_output_;
  Done done_;
  EventLoop::Timer deadline_;
  std::string text_;
  ChildEnd::Cause cause_ = ChildEnd::Cause::exited;
};

ChildProcess::ChildProcess(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ChildProcess::~ChildProcess() = default;

Expected<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    EventLoop& loop, const std::vector<std::string>& words, const ChildLimits& limits, Done done) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected<std::string>(text_of(errno));
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);  // of the reader alone: ends are files of their own
  const auto process = spawn(words.front(), words, {writer.get(), -1});
  if (!process) return Unexpected<std::string>(text_of(process.error()));
  writer = FileDescriptor();
  Child child(*process);
  FileDescriptor end(open_process(*process));
  if (!end) return Unexpected<std::string>(text_of(errno));
  auto implementation =
      std::make_shared<Implementation>(loop, std::move(child), limits.output, std::move(done));
  if (!implementation->adopt(std::move(end), std::move(reader))) {
    return Unexpected<std::string>("the event loop takes no more descriptors");
  }
  implementation->start(loop, limits.time);
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(implementation)));
}

}  // namespace postern::io
