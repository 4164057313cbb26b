#include "lib/io/accounts/mail_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "lib/accounts/address.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

std::string mail_folder(const std::string& root, const std::string& address) {
  return root + "/" + std::string(accounts::domain_of(address)) + "/" +
         std::string(accounts::local_part_of(address));
}

Expected<bool, std::string> delete_mail_folder(const std::string& root,
                                               const std::string& address) {
  const std::string name = mail_folder(root, address);
  const auto failure = [&](const std::string& problem) {
    return Unexpected<std::string>(name + ": " + problem + "; delete it by hand");
  };
  const FileDescriptor above(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above && errno == ENOENT) return false;
  if (!above) return failure(std::generic_category().message(errno));
  const std::string domain(accounts::domain_of(address));
  const FileDescriptor folder(
      ::openat(above.get(), domain.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno == ENOENT) return false;
  if (!folder) return failure(std::generic_category().message(errno));
  // By the descriptor, so that the folder of the domain cannot be exchanged for a link meanwhile;
  // remove_all() follows none.
  const std::filesystem::path path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" +
                                     std::string(accounts::local_part_of(address));
  std::error_code error;
  const auto count = std::filesystem::remove_all(path, error);
  if (error) return failure(error.message());
  ::unlinkat(above.get(), domain.c_str(), AT_REMOVEDIR);  // fails while others are in it
  return count > 0;
}

}  // namespace postern::io
