#include "lib/io/sandbox/broker.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>
#include <utility>

#include "lib/io/sandbox/open_flags.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_detail = 256;
constexpr std::size_t page_size = 4096;  // of any architecture, or a part of one

// What the C library opens to read when text names a charset that is not loaded: there is none.
constexpr std::string_view charsets = "/gconv/";

// The kernel then wakes us on the processor of the process, which waits anyhow; since Linux 6.6.
constexpr unsigned long set_flags = SECCOMP_IOW(4, std::uint64_t);
constexpr unsigned long sync_wake_up = 1;

std::string printable(std::string_view text) {
  std::string safe(text.substr(0, max_detail));
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

// Resolves below `root` alone: neither "..", nor links, nor other mounts lead out of it.
int open_below(int root, const std::string& path, std::uint64_t flags, std::uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

// What openat2 says of a path that leads out.
bool is_escape(int error) {
  return error == EXDEV || error == ELOOP;
}

// The directory that the last part of a path is in, and that part.
std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Broker::Broker(FileDescriptor listener, pid_t child, std::string directory)
    : listener_(std::move(listener)),
      child_(child),
      directory_(std::move(directory)),
      root_(::open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  ::ioctl(listener_.get(), set_flags, sync_wake_up);
}

std::optional<ForbiddenCall> Broker::answer() {
  // Its size is the running kernel's; the library knows it.
  seccomp_notif* notification = nullptr;
  if (seccomp_notify_alloc(&notification, nullptr) != 0) return std::nullopt;
  const bool came = seccomp_notify_receive(listener_.get(), notification) == 0;
  const WaitingCall call = came ? read_call(*notification) : WaitingCall();
  seccomp_notify_free(notification, nullptr);
  if (!came) return std::nullopt;  // the process was killed meanwhile
  const auto path = read_path(call);
  if (path && allow(call, *path)) return std::nullopt;
  ::kill(child_, SIGKILL);
  return ForbiddenCall{name_of(call), printable(path.value_or(""))};
}

// The path is read once; whatever the process writes there afterwards counts for nothing.
std::optional<std::string> Broker::read_path(const WaitingCall& call) const {
  if (!call.path) return std::nullopt;
  std::string path;
  std::array<char, page_size> chunk{};
  std::uint64_t from = *call.path;
  while (path.size() < PATH_MAX) {
    const std::size_t size = page_size - from % page_size;  // what follows may not be mapped
    const iovec here{chunk.data(), size};
    // An address of another process. NOLINTNEXTLINE(performance-no-int-to-ptr)
    const iovec there{reinterpret_cast<void*>(from), size};
    const ssize_t got = ::process_vm_readv(child_, &here, 1, &there, 1, 0);
    if (got <= 0) return std::nullopt;
    const std::string_view part(chunk.data(), static_cast<std::size_t>(got));
    path += part.substr(0, part.find('\0'));
    if (part.find('\0') != part.npos) return path;
    from += part.size();
  }
  return std::nullopt;
}

// The path from the directory on, or nothing.
std::optional<std::string> Broker::below(const std::string& path) const {
  if (!path.starts_with(directory_)) return std::nullopt;
  std::string_view rest = std::string_view(path).substr(directory_.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  return rest.empty() ? "." : std::string(rest);
}

bool Broker::allow(const WaitingCall& call, const std::string& path) const {
  const auto inside = below(path);
  if (call.kind == WaitingCall::Kind::open && inside) return open(call, *inside);
  if (call.kind == WaitingCall::Kind::open && (call.flags & (O_ACCMODE | O_CREAT)) == O_RDONLY &&
      path.find(charsets) != path.npos) {
    respond(call, ENOENT);
    return true;
  }
  return call.kind != WaitingCall::Kind::other && inside && change(call, *inside);
}

bool Broker::open(const WaitingCall& call, const std::string& path) const {
  if ((call.flags & 0xffffffff & ~open_flags) != 0) return false;
  const std::uint64_t flags = call.flags & open_flags & ~large_file;  // openat2(2) implies it
  const bool makes = (flags & O_CREAT) != 0;
  const FileDescriptor file(
      open_below(root_.get(), path, flags, makes ? call.mode & mode_bits : 0));
  if (!file && is_escape(errno)) return false;
  if (file) {
    hand_over(call, file.get());
  } else {
    respond(call, errno);
  }
  return true;
}

// Where the kernel has no Landlock, it is we who make and remove what is below the directory.
bool Broker::change(const WaitingCall& call, const std::string& path) const {
  const auto [parent, name] = split(path);
  if (name.empty() || name == "." || name == "..") return false;
  const FileDescriptor directory(open_below(root_.get(), parent, O_PATH | O_DIRECTORY));
  int result = -1;
  if (!directory) {
    if (is_escape(errno)) return false;
  } else if (call.kind == WaitingCall::Kind::make_directory) {
    result = ::mkdirat(directory.get(), name.c_str(), static_cast<mode_t>(call.mode & mode_bits));
  } else {
    const bool is_directory = call.kind == WaitingCall::Kind::remove_directory;
    result = ::unlinkat(directory.get(), name.c_str(), is_directory ? AT_REMOVEDIR : 0);
  }
  respond(call, result == 0 ? 0 : errno);
  return true;
}

// It fails only when the process has been killed meanwhile.
void Broker::respond(const WaitingCall& call, int error) const {
  seccomp_notif_resp* response = nullptr;
  if (seccomp_notify_alloc(nullptr, &response) != 0) return;
  response->id = call.id;
  response->error = -error;
  seccomp_notify_respond(listener_.get(), response);
  seccomp_notify_free(nullptr, response);
}

void Broker::hand_over(const WaitingCall& call, int file) const {
  seccomp_notif_addfd given{};
  given.id = call.id;
  given.flags = SECCOMP_ADDFD_FLAG_SEND;
  given.srcfd = static_cast<std::uint32_t>(file);
  given.newfd_flags = static_cast<std::uint32_t>(call.flags & O_CLOEXEC);
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &given) < 0) respond(call, errno);
}

}  // namespace postern::io
