#include "lib/io/probe/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "lib/base/ascii.hpp"
#include "lib/io/process/spawn.hpp"
#include "lib/io/sockets/connection.hpp"
#include "lib/io/sockets/deadline.hpp"

namespace postern::io {
namespace {

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos) return name;
  for (const char* folder :
       {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

// Until the end of the output; false when there is too much, or not in time.
bool read_all(int descriptor, const Deadline& deadline, std::string& output) {
  std::array<char, 65536> chunk{};
  while (wait_ready(descriptor, POLLIN, deadline)) {
    const ssize_t size = ::read(descriptor, chunk.data(), chunk.size());
    if (size == 0) return true;
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) output.append(chunk.data(), static_cast<std::size_t>(size));
    if (output.size() > max_output_size) return false;
  }
  return false;
}

// The exit status, or nothing when it does not end in time.
bool wait_for(pid_t child, const Deadline& deadline, int& status) {
  constexpr std::chrono::milliseconds step(5);
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR) return false;
    if (deadline.left().count() == 0) return false;
    std::this_thread::sleep_for(step);
  }
}

// What a program is given to read. Memory, not a pipe: nobody needs to write while it runs.
FileDescriptor input_of(std::string_view text) {
  FileDescriptor file(::memfd_create("input", MFD_CLOEXEC));
  std::size_t at = 0;
  while (file.get() >= 0 && at < text.size()) {
    const ssize_t size =
        ::pwrite(file.get(), text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (size <= 0) return FileDescriptor();  // the offset for the reader stays at the beginning
    at += static_cast<std::size_t>(size);
  }
  return file;
}

std::string read_at(int file, off_t offset) {
  std::string text(max_error_size, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), offset);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::string read_errors(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  constexpr auto part = static_cast<off_t>(max_error_size);
  std::string text = read_at(file, 0);
  if (size <= 2 * part) return text + read_at(file, part);
  return text + "\n...\n" + read_at(file, size - part);
}

// ": " and the last line, or nothing.
std::string last_line(std::string_view text) {
  text = ascii::trim(text);
  if (text.empty()) return "";
  return ": " + std::string(text.substr(text.rfind('\n') + 1));  // npos + 1: all of it
}

}  // namespace

Expected<CommandResult, std::string> run_to_end(const std::vector<std::string>& words,
                                                std::chrono::milliseconds timeout,
                                                std::string_view input) {
  const auto failure = [&](const std::string& what) {
    return Unexpected<std::string>(words.front() + " " + what);
  };
  const std::string program = find_program(words.front());
  if (program.empty()) return failure("is not installed");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure("cannot be run: no pipe");
  const FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  // Memory, not a second pipe: nobody needs to read it while the program runs.
  const FileDescriptor errors(::memfd_create("errors", MFD_CLOEXEC));
  const FileDescriptor given = input.empty() ? FileDescriptor() : input_of(input);
  if (errors.get() < 0 || (given.get() < 0 && !input.empty())) {
    return failure("cannot be run: " + describe_error(errno));
  }
  const auto spawned = spawn(program, words, {writer.get(), errors.get(), given.get()});
  writer = FileDescriptor();
  if (!spawned) return failure("cannot be run: " + describe_error(spawned.error()));
  const pid_t child = *spawned;
  const Deadline deadline(timeout);
  CommandResult result;
  int status = 0;
  if (!read_all(reader.get(), deadline, result.output) || !wait_for(child, deadline, status)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return failure("did not end in time, or printed too much" +
                   last_line(read_errors(errors.get())));
  }
  if (!WIFEXITED(status)) {
    return failure("was ended by a signal" + last_line(read_errors(errors.get())));
  }
  result.status = WEXITSTATUS(status);
  result.errors = read_errors(errors.get());
  return result;
}

Expected<std::string, std::string> run_command(const std::vector<std::string>& words,
                                               std::chrono::milliseconds timeout) {
  auto result = run_to_end(words, timeout);
  if (!result) return Unexpected<std::string>(result.error());
  if (result->status != 0) return Unexpected<std::string>(words.front() + " failed");
  return std::move(result->output);
}

}  // namespace postern::io
