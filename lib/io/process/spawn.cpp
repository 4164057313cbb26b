#include "lib/io/process/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <system_error>

namespace postern::io {
namespace {

constexpr const char* nowhere = "/dev/null";

// What posix_spawn wants; freed at the end.
class FileActions {
 public:
  explicit FileActions(const ChildStreams& streams) {
    posix_spawn_file_actions_init(&actions_);
    connect(streams.input, STDIN_FILENO, O_RDONLY);
    connect(streams.output, STDOUT_FILENO, O_WRONLY);
    connect(streams.errors, STDERR_FILENO, O_WRONLY);
    // Connections of a daemon are nothing to its child: they would stay open as long as it lives.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  FileActions(FileActions&&) = delete;
  FileActions& operator=(FileActions&&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void connect(int from, int to, int mode) {
    if (from < 0) {
      posix_spawn_file_actions_addopen(&actions_, to, nowhere, mode, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, from, to);
    }
  }

  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  SpawnAttributes(SpawnAttributes&&) = delete;
  SpawnAttributes& operator=(SpawnAttributes&&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

Expected<pid_t, int> spawn(const std::string& program, const std::vector<std::string>& words,
                           const ChildStreams& streams) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // The language and the configuration of whoever calls must not change what is printed.
  std::array<char*, 3> environment = {const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                                      const_cast<char*>("LC_ALL=C"), nullptr};
  const FileActions actions(streams);
  const SpawnAttributes attributes;
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), actions.get(), attributes.get(),
                                  arguments.data(), environment.data());
  if (error != 0) return Unexpected<int>(error);
  return child;
}

std::string program_of_ours(const std::string& name, const std::string& directory) {
  std::error_code error;
  const auto running = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string beside = (running.parent_path() / name).string();
  if (!error && ::access(beside.c_str(), X_OK) == 0) return beside;
  return directory + "/" + name;
}

}  // namespace postern::io
