#include "lib/io/sandbox/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

// As in <linux/landlock.h> of Linux 6.12; Debian 12's is older. An older kernel takes the part that
// it knows.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t net = 0;     // since version 4
  std::uint64_t scoped = 0;  // since version 6
};

// What each version added, as the lowest rights of files that it does not know.
constexpr std::uint64_t rights_below(int bit) {
  return (std::uint64_t{1} << bit) - 1;
}
constexpr std::uint64_t tcp = 0x3;                          // bind and connect
constexpr std::uint64_t outside = 0x3;                      // abstract sockets and signals
constexpr std::uint64_t truncate = std::uint64_t{1} << 14;  // since version 3
constexpr std::uint64_t in_directory =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | truncate;

std::uint64_t file_rights(int version) {
  if (version >= 5) return rights_below(16);  // ioctl of devices
  if (version >= 3) return rights_below(15);  // truncate
  if (version == 2) return rights_below(14);  // rename between directories
  return rights_below(13);
}

RulesetAttributes attributes_of(int version) {
  return {file_rights(version), version >= 4 ? tcp : 0, version >= 6 ? outside : 0};
}

std::size_t size_of(int version) {
  if (version >= 6) return sizeof(RulesetAttributes);
  return version >= 4 ? offsetof(RulesetAttributes, scoped) : offsetof(RulesetAttributes, net);
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

bool confine_files(const std::string& directory) {
  const int version = landlock_version();
  if (version == 0) return false;
  const RulesetAttributes attributes = attributes_of(version);
  const FileDescriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size_of(version), 0)));
  const FileDescriptor root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!ruleset || !root) return false;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = in_directory & attributes.files;
  rule.parent_fd = root.get();
  return ::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ==
             0 &&
         ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace postern::io
