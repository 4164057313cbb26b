#include "lib/io/files/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

using Text = Expected<std::string, std::string>;
using Failure = Unexpected<std::string>;

// A file that is no link opens at once, whatever it is.
constexpr int reading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

std::string problem_of(int error, bool follows_links) {
  if (error == ELOOP && !follows_links) {
    return "is a symbolic link, which somebody else could lead anywhere; put the file itself there";
  }
  if (error == ENXIO) return "is no regular file";  // a socket
  return std::generic_category().message(error);
}

Text read_all(const FileDescriptor& file, const std::string& name, std::size_t max_size) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Failure(name + ": " + problem_of(errno, true));
  if (!S_ISREG(status.st_mode)) {
    return Failure(name + (S_ISDIR(status.st_mode) ? ": is a directory" : ": is no regular file"));
  }
  std::string content;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failure(name + ": " + problem_of(errno, true));
    if (size == 0) return content;
    if (content.size() + static_cast<std::size_t>(size) > max_size) {
      return Failure(name + ": is larger than " + std::to_string(max_size) + " bytes");
    }
    content.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

Text read_regular_file(const std::string& file, std::size_t max_size) {
  const FileDescriptor opened(::open(file.c_str(), reading));
  if (!opened) return Failure(file + ": " + problem_of(errno, true));
  return read_all(opened, file, max_size);
}

Text read_file_beneath(const std::string& directory, const std::string& name,
                       std::size_t max_size) {
  const std::string path = directory + "/" + name;
  FileDescriptor place(::open(directory.c_str(), reading | O_DIRECTORY | O_NOFOLLOW));
  if (!place)
    return Failure(directory + ": " + problem_of(errno == ENOTDIR ? ELOOP : errno, false));
  for (std::string_view rest = name; !rest.empty();) {
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty()) continue;
    if (part == "." || part == "..") return Failure(path + ": leads out of " + directory);
    const int more = rest.empty() ? 0 : O_DIRECTORY;
    FileDescriptor next(::openat(place.get(), part.c_str(), reading | O_NOFOLLOW | more));
    // What is no directory may be a link: the kernel says so of both.
    if (!next) return Failure(path + ": " + problem_of(errno, false));
    place = std::move(next);
  }
  return read_all(place, path, max_size);
}

}  // namespace postern::io
