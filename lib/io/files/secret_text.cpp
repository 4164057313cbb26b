#include "lib/io/files/secret_text.hpp"

#include <fcntl.h>
#include <string.h>  // explicit_bzero
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

SecretText::SecretText(std::size_t capacity)
    : text_(std::make_unique<char[]>(capacity + 1)), capacity_(capacity) {}

SecretText::SecretText(SecretText&& other) noexcept
    : text_(std::move(other.text_)),
      capacity_(std::exchange(other.capacity_, 0)),
      size_(std::exchange(other.size_, 0)) {}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  capacity_ = std::exchange(other.capacity_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretText::~SecretText() {
  wipe();
}

void SecretText::wipe() noexcept {
  if (text_) ::explicit_bzero(text_.get(), capacity_ + 1);
}

// The octet above the capacity shows that there is more.
int SecretText::read_all(int descriptor) {
  size_ = 0;
  while (text_ && size_ <= capacity_) {
    const ssize_t got = ::read(descriptor, text_.get() + size_, capacity_ + 1 - size_);
    if (got == 0) return 0;
    if (got > 0) {
      size_ += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return EFBIG;
}

Expected<SecretText, std::string> read_secret_file(const std::string& file, std::size_t max_size) {
  const auto failure = [&](const std::string& problem) {
    return Unexpected<std::string>(file + ": " + problem);
  };
  const auto message = [](int error) { return std::generic_category().message(error); };
  // Without O_NONBLOCK a FIFO would hold us.
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) return failure(message(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return failure(message(errno));
  if (!S_ISREG(status.st_mode)) return failure("is no regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_size) return failure("is larger than " + std::to_string(max_size) + " bytes");
  SecretText text(max_size < size + 4096 ? max_size : size + 4096);  // it may be growing
  if (const int error = text.read_all(descriptor.get()); error != 0) return failure(message(error));
  return text;
}

}  // namespace postern::io
