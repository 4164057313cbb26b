#include "lib/io/clamav/generation.hpp"

#include <clamav.h>
#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

constexpr const char* algorithm = "sha256";
constexpr std::size_t word_size = 16;  // hexadecimal digits: enough to tell databases apart

using Digest = std::unique_ptr<unsigned char, decltype(&std::free)>;

std::string to_text(const Digest& digest, unsigned size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest.get()[i] >> 4];
    text += digits[digest.get()[i] & 0xf];
  }
  return text;
}

}  // namespace

Expected<std::string, std::string> generation_of(const std::vector<DatabaseFile>& files,
                                                 std::string_view options) {
  std::string all = std::string(cl_retver()) + '\n' + std::string(options) + '\n';
  unsigned size = 0;
  for (const DatabaseFile& file : files) {
    const FileDescriptor open(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!open) {
      return Unexpected<std::string>(file.path + ": " + std::generic_category().message(errno) +
                                     "; let the scanner's user read it");
    }
    const Digest digest(cl_hash_file_fd(open.get(), algorithm, &size), &std::free);
    if (!digest) return Unexpected<std::string>(file.path + ": cannot be read");
    all += file.name + ' ' + to_text(digest, size) + '\n';
  }
  const Digest digest(cl_hash_data(algorithm, all.data(), all.size(), nullptr, &size), &std::free);
  if (!digest) return Unexpected<std::string>("libcrypto has no SHA-256");
  return to_text(digest, size).substr(0, word_size);
}

}  // namespace postern::io
