#include "lib/io/sealed/sealed_message.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace postern::io {
namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Unexpected<std::string> failure(const char* what) {
  return Unexpected<std::string>(std::string(what) + ": " + std::generic_category().message(errno));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Expected<FileDescriptor, std::string> seal_message(std::string_view text) {
  return seal_message(std::span(&text, 1));
}

Expected<FileDescriptor, std::string> seal_message(std::span<const std::string_view> pieces) {
  FileDescriptor memory(::memfd_create("postern-message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return failure("no memory can be had for a message");
  for (const std::string_view piece : pieces) {
    if (!write_all(memory.get(), piece)) return failure("a message cannot be written to memory");
  }
  if (::fcntl(memory.get(), F_ADD_SEALS, seals | F_SEAL_SEAL) != 0) {
    return failure("a message cannot be sealed");
  }
  return memory;
}

Expected<std::string, std::string> read_sealed_message(int descriptor, std::size_t max_size) {
  const int found = ::fcntl(descriptor, F_GET_SEALS);
  if (found < 0 || (found & seals) != seals) {
    return Unexpected<std::string>("what came with it is no sealed memory");
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return failure("its message cannot be read");
  if (status.st_size > static_cast<off_t>(max_size)) {
    return Unexpected<std::string>("its message has more than " + std::to_string(max_size) +
                                   " octets");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size =
        ::pread(descriptor, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return failure("its message cannot be read");
    done += static_cast<std::size_t>(size);
  }
  return text;
}

}  // namespace postern::io
