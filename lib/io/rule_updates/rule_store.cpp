#include "lib/io/rule_updates/rule_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "lib/antispam/update/channel.hpp"
#include "lib/io/files/regular_file.hpp"
#include "lib/io/setup/files.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using antispam::RuleHistory;
using antispam::UpdateFile;
using antispam::UsedState;
using Failure = Unexpected<std::string>;
using Done = Expected<void, std::string>;

constexpr const char* staged_name = ".new";
constexpr const char* link_name = "current";
constexpr const char* new_link_name = ".current";
constexpr const char* history_name = "history";
constexpr const char* new_history_name = ".history";
constexpr std::size_t max_history = 1024 * 1024;  // octets
constexpr mode_t folder_mode = 0755;
constexpr mode_t file_mode = 0644;

Failure failure(const std::string& path, int error) {
  return Failure(path + ": " + std::generic_category().message(error));
}

// Whatever the umask says.
Done make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), folder_mode) != 0 || ::chmod(path.c_str(), folder_mode) != 0) {
    return failure(path, errno);
  }
  return {};
}

Done write_file(const std::string& path, std::string_view text) {
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!file || ::fchmod(file.get(), file_mode) != 0) return failure(path, errno);
  while (!text.empty()) {
    const ssize_t size = ::write(file.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure(path, errno);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (::close(file.release()) != 0) return failure(path, errno);
  return {};
}

// Of the rules in it: how old they are shows in it (rules_written()).
Done set_time(const std::string& path, std::int64_t seconds) {
  const timespec time{static_cast<time_t>(seconds), 0};
  const timespec times[] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    return failure(path, errno);
  }
  return {};
}

// All that was written below it lies on the disk afterwards.
Done synchronize(const std::string& directory) {
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return failure(directory, errno);
  return {};
}

// Links the files of all other channels into a new state; they never change.
Done take_others(const std::string& from, const std::string& to, const std::string& folder) {
  std::error_code error;
  if (!fs::exists(from, error)) return {};
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == folder || name == folder + ".cf" || name == folder + ".pre") continue;
    fs::copy(entry->path(), fs::path(to) / name,
             fs::copy_options::recursive | fs::copy_options::create_hard_links, error);
  }
  if (error) return Failure(from + ": cannot be taken over: " + error.message());
  return {};
}

Done remove_leftovers(const std::string& directory) {
  for (const char* name : {staged_name, new_link_name, new_history_name}) {
    std::error_code error;
    const std::string path = directory + "/" + name;
    fs::remove_all(path, error);
    if (error) return Failure(path + ": cannot be removed: " + error.message());
  }
  return {};
}

bool is_state(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789.") == name.npos && name[0] != '.';
}

}  // namespace

std::optional<std::uint64_t> installed_version(const std::string& directory,
                                               std::string_view channel) {
  const auto text = read_regular_file(
      directory + "/" + link_name + "/" + antispam::folder_of(channel) + ".cf", 1024 * 1024);
  return text ? antispam::version_of_index(*text) : std::nullopt;
}

Expected<RuleHistory, std::string> read_rule_history(const std::string& directory) {
  const std::string path = directory + "/" + history_name;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return RuleHistory();
  const auto text = read_regular_file(path, max_history);
  if (!text) return Failure(text.error());
  auto history = antispam::parse_history(*text);
  if (!history) return Failure(path + ": " + history.error());
  return std::move(*history);
}

RuleStore::~RuleStore() {
  if (lock_) {
    std::error_code error;
    fs::remove_all(staged(), error);  // what was not put in use; the next run tries again
  }
}

Expected<RuleStore, std::string> RuleStore::open(const std::string& directory) {
  const auto made = make_directories(directory);
  if (!made) return Failure(made.error());
  for (const std::string& folder : *made) {
    if (::chmod(folder.c_str(), folder_mode) != 0) return failure(folder, errno);
  }
  RuleStore store(directory, FileDescriptor());
  struct stat owner {};
  if (::stat(directory.c_str(), &owner) != 0) return failure(directory, errno);
  if (::geteuid() == 0 && owner.st_uid != 0) {
    return Failure(directory + ": is not root's, so root does not write there; its owner can");
  }
  const std::string lock = directory + "/.lock";
  FileDescriptor file(::open(lock.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!file) return failure(lock, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failure(lock, errno);
    return Failure(directory + ": another update is running; try again when it has ended");
  }
  if (auto removed = remove_leftovers(directory); !removed) return Failure(removed.error());
  store.lock_ = std::move(file);
  return store;
}

std::string RuleStore::staged() const {
  return directory_ + "/" + staged_name;
}

// Before it comes into use: a run that is killed in between has not forgotten it.
Done RuleStore::remember(const UsedState& state) const {
  auto all = read_rule_history(directory_);
  if (!all) return Failure(all.error());
  antispam::add_used_state(*all, state);
  const std::string path = directory_ + "/" + history_name;
  const std::string next = directory_ + "/" + new_history_name;
  if (auto done = write_file(next, antispam::format_history(*all)); !done) return done;
  if (::rename(next.c_str(), path.c_str()) != 0) return failure(path, errno);
  return {};
}

Expected<std::string, std::string> RuleStore::stage(const UsedState& state,
                                                    const std::vector<UpdateFile>& files) {
  auto done = remove_leftovers(directory_);
  if (done) done = make_folder(staged());
  if (done) done = fill(state, files);
  if (!done) return Failure(done.error());
  return staged();
}

Done RuleStore::fill(const UsedState& state, const std::vector<UpdateFile>& files) {
  const std::string name = antispam::folder_of(state.channel);
  const std::string folder = staged() + "/" + name;
  auto done = take_others(directory_ + "/" + link_name, staged(), name);
  if (done) done = make_folder(folder);
  std::vector<std::string> names;
  for (const UpdateFile& file : files) {
    if (done) done = write_file(folder + "/" + file.name, file.text);
    names.push_back(file.name);
  }
  for (const char* suffix : {".cf", ".pre"}) {
    const bool has_some = std::any_of(names.begin(), names.end(), [&](const std::string& file) {
      return file.ends_with(suffix);
    });
    if (!done || !has_some) continue;
    done = write_file(folder + suffix,
                      antispam::format_index(state.channel, state.version, names, suffix));
    if (done && state.signed_at) done = set_time(folder + suffix, *state.signed_at);
  }
  return done;
}

// Two channels may have the same version, and one state is never written over another.
std::string RuleStore::free_name(std::uint64_t version) const {
  const std::string name = std::to_string(version);
  std::error_code error;
  std::string free = name;
  for (unsigned number = 2; fs::exists(fs::symlink_status(directory_ + "/" + free, error));
       ++number) {
    free = name + "." + std::to_string(number);
  }
  return free;
}

Expected<std::string, std::string> RuleStore::activate(const UsedState& state) {
  auto done = remember(state);
  if (done) done = synchronize(staged());
  if (!done) return Failure(done.error());
  const std::string name = free_name(state.version);
  const std::string folder = directory_ + "/" + name;
  if (::rename(staged().c_str(), folder.c_str()) != 0) return failure(folder, errno);
  done = switch_to(name);
  if (!done) {
    std::error_code error;
    fs::remove_all(folder, error);
    return Failure(done.error());
  }
  // From here on it is in use, whatever becomes of the rest.
  done = synchronize(directory_);
  if (!done)
    return Failure(folder + " is in use, but may not outlive a power cut: " + done.error());
  remove_old(name);
  return folder;
}

Done RuleStore::switch_to(const std::string& name) const {
  const std::string link = directory_ + "/" + link_name;
  const std::string next = directory_ + "/" + new_link_name;
  std::error_code error;
  const fs::file_status now = fs::symlink_status(link, error);
  if (fs::exists(now) && !fs::is_symlink(now)) {
    return Failure(link + ": is no symbolic link; move it away, and update again");
  }
  if (::symlink(name.c_str(), next.c_str()) != 0) return failure(next, errno);
  if (::rename(next.c_str(), link.c_str()) != 0) return failure(link, errno);
  return {};
}

// An old state that cannot be removed costs only space.
void RuleStore::remove_old(const std::string& in_use) const {
  std::vector<std::pair<fs::file_time_type, fs::path>> old;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (is_state(name) && name != in_use && entry->is_directory(unknown)) {
      old.emplace_back(entry->last_write_time(unknown), entry->path());
    }
  }
  std::sort(old.rbegin(), old.rend());
  for (std::size_t at = kept_rule_states; at < old.size(); ++at) {
    std::error_code ignored;
    fs::remove_all(old[at].second, ignored);
  }
}

}  // namespace postern::io
