// Local web servers with habits good and bad (https_server.py), for tests.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "lib/io/https/request.hpp"

namespace postern::io {

/// The servers, for the whole of this program.
class Servers {
 public:
  Servers() {
    std::string pattern = (std::filesystem::temp_directory_path() / "https_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe(input.data()) != 0 || ::pipe(output.data()) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    for (const int end : {input[0], input[1], output[0], output[1]}) {
      posix_spawn_file_actions_addclose(&actions, end);
    }
    std::string program = "/usr/bin/python3";
    std::string script = "tests/unit/io/https/https_server.py";
    std::array<char*, 4> words = {program.data(), script.data(), directory_.data(), nullptr};
    if (::posix_spawn(&child_, words[0], &actions, nullptr, words.data(), environ) != 0)
      child_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    read_ports(output[0]);
    ::close(output[0]);
  }
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers() {
    ::close(input_);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] bool are_ready() const { return ready_; }
  [[nodiscard]] HttpsOptions options_for(const std::string& name) const {
    HttpsOptions options;
    options.timeout = std::chrono::seconds(5);
    options.ca_file = directory_ + "/ca.pem";
    options.connect_to = "127.0.0.1:" + ports_.at(name);
    return options;
  }

 private:
  void read_ports(int from) {
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.find("ready\n") == std::string::npos) {
      const ssize_t got = ::read(from, chunk.data(), chunk.size());
      if (got <= 0) return;
      text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    std::istringstream lines(text);
    std::string name;
    std::string port;
    while (lines >> name >> port) ports_[name] = port;
    ready_ = true;
  }

  std::string directory_;
  std::map<std::string, std::string> ports_;
  pid_t child_ = -1;
  int input_ = -1;
  bool ready_ = false;
};

/// Null, with a line for ctest, where they cannot run.
inline const Servers* servers() {
  static const Servers all;
  if (all.are_ready()) return &all;
  std::puts("skipped: https servers (/usr/bin/python3 with python3-cryptography) not found");
  return nullptr;
}

}  // namespace postern::io
