#include "lib/io/sandbox/waiting_call.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace postern::io {
namespace {

using Kind = WaitingCall::Kind;
constexpr int none = -1;

// Where each call has what; not every architecture has each.
struct Form {
  const char* name;
  Kind kind;
  int directory;  // that a relative path begins at
  int path;
  int flags = none;
  int mode = none;
};
constexpr std::array<Form, 22> forms = {{
    {"open", Kind::open, none, 0, 1, 2},
    {"openat", Kind::open, 0, 1, 2, 3},
    {"mkdir", Kind::make_directory, none, 0, none, 1},
    {"mkdirat", Kind::make_directory, 0, 1, none, 2},
    {"rmdir", Kind::remove_directory, none, 0},
    {"unlink", Kind::unlink, none, 0},
    {"unlinkat", Kind::unlink, 0, 1, 2},
    {"openat2", Kind::other, 0, 1},
    {"creat", Kind::other, none, 0},
    {"execve", Kind::other, none, 0},
    {"execveat", Kind::other, 0, 1},
    {"rename", Kind::other, none, 0},
    {"renameat", Kind::other, 0, 1},
    {"renameat2", Kind::other, 0, 1},
    {"link", Kind::other, none, 0},
    {"linkat", Kind::other, 0, 1},
    {"symlink", Kind::other, none, 0},
    {"symlinkat", Kind::other, none, 0},
    {"truncate", Kind::other, none, 0},
    {"chdir", Kind::other, none, 0},
    {"mknod", Kind::other, none, 0},
    {"mknodat", Kind::other, 0, 1},
}};

// The numbers of their names on this architecture.
std::array<int, forms.size()> resolve_forms() {
  std::array<int, forms.size()> numbers{};
  std::transform(forms.begin(), forms.end(), numbers.begin(),
                 [](const Form& form) { return seccomp_syscall_resolve_name(form.name); });
  return numbers;
}

}  // namespace

WaitingCall read_call(const seccomp_notif& notification) {
  static const auto numbers = resolve_forms();
  const auto& data = notification.data;
  WaitingCall call{Kind::other, notification.id, data.nr, data.arch, {}, 0, 0};
  const auto* const found = std::find(numbers.begin(), numbers.end(), data.nr);
  if (found == numbers.end()) return call;
  const Form& form = forms.at(static_cast<std::size_t>(found - numbers.begin()));
  const auto value = [&](int argument) { return argument == none ? 0 : data.args[argument]; };
  call.kind = form.kind;
  call.flags = value(form.flags);
  call.mode = value(form.mode);
  // An int is the lower half.
  if (form.directory == none || static_cast<std::int32_t>(value(form.directory)) == AT_FDCWD) {
    call.path = value(form.path);
  } else {
    call.kind = Kind::other;
  }
  if (call.kind == Kind::unlink && (call.flags & AT_REMOVEDIR) != 0) {
    call.kind = Kind::remove_directory;
  }
  return call;
}

std::string name_of(const WaitingCall& call) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(call.architecture, call.number), &std::free);
  return name ? std::string(name.get()) : "call " + std::to_string(call.number);
}

}  // namespace postern::io
