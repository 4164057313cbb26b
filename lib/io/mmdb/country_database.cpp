#include "lib/io/mmdb/country_database.hpp"

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "lib/base/ascii.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

std::string describe(int error) {
  return std::generic_category().message(error);
}

// Empty when it worked.
std::string copy(int from, int to, std::size_t size) {
  std::array<char, 65536> chunk{};
  std::size_t copied = 0;
  while (copied < size) {
    const ssize_t got = ::read(from, chunk.data(), std::min(chunk.size(), size - copied));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return describe(errno);
    if (got == 0) return "became shorter while it was read";
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(to, chunk.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return "does not fit into memory: " + describe(errno);
      done += put;
    }
    copied += static_cast<std::size_t>(got);
  }
  return {};
}

// A copy in memory that has the content of the file.
Expected<FileDescriptor, std::string> load(const std::string& file) {
  using Problem = Unexpected<std::string>;
  const FileDescriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!source) return Problem(describe(errno));
  struct stat status {};
  if (::fstat(source.get(), &status) != 0) return Problem(describe(errno));
  if (!S_ISREG(status.st_mode)) return Problem("is no regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_database_size) return Problem("is larger than 128 MiB; use one of countries only");
  FileDescriptor memory(::memfd_create("postern-mmdb", MFD_CLOEXEC));
  if (!memory) return Problem("does not fit into memory: " + describe(errno));
  std::string problem = copy(source.get(), memory.get(), size);
  if (!problem.empty()) return Problem(std::move(problem));
  return memory;
}

std::optional<std::string> code_of(const MMDB_entry_data_s& data) {
  constexpr std::size_t code_size = 2;
  if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != code_size) {
    return std::nullopt;
  }
  std::string code(data.utf8_string, code_size);
  if (!std::all_of(code.begin(), code.end(), ascii::is_alpha)) return std::nullopt;
  for (char& c : code) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return code;
}

}  // namespace

struct CountryDatabase::Handle {
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (is_open) MMDB_close(&mmdb);
  }

  MMDB_s mmdb{};
  bool is_open = false;
};

CountryDatabase::CountryDatabase(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
CountryDatabase::~CountryDatabase() = default;

Expected<std::shared_ptr<const CountryDatabase>, std::string> CountryDatabase::open(
    const std::string& file) {
  using Problem = Unexpected<std::string>;
  const auto memory = load(file);
  if (!memory) return Problem(file + ": " + memory.error());
  auto handle = std::make_unique<Handle>();
  const std::string path = "/proc/self/fd/" + std::to_string(memory->get());
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &handle->mmdb);
  if (status != MMDB_SUCCESS) {
    return Problem(file + ": is no MaxMind DB file: " + MMDB_strerror(status));
  }
  handle->is_open = true;
  return std::shared_ptr<const CountryDatabase>(new CountryDatabase(std::move(handle)));
}

std::optional<std::string> CountryDatabase::country(const IpAddress& address) const {
  const IpAddress ip = address.unmapped();
  sockaddr_storage storage{};
  if (ip.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, ip.bytes().data(), sizeof v4.sin_addr);
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, ip.bytes().data(), sizeof v6.sin6_addr);
    std::memcpy(&storage, &v6, sizeof v6);
  }
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s found =
      MMDB_lookup_sockaddr(&handle_->mmdb, reinterpret_cast<const sockaddr*>(&storage), &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  // MaxMind and DB-IP nest; others have one level.
  static const std::array<std::array<const char*, 3>, 4> paths = {
      {{"country", "iso_code", nullptr},
       {"registered_country", "iso_code", nullptr},
       {"country_code", nullptr, nullptr},
       {"country", nullptr, nullptr}}};
  for (const auto& path : paths) {
    MMDB_entry_data_s data{};
    if (MMDB_aget_value(&found.entry, &data, path.data()) != MMDB_SUCCESS) continue;
    if (auto code = code_of(data)) return code;
  }
  return std::nullopt;
}

std::uint64_t CountryDatabase::built() const {
  return handle_->mmdb.metadata.build_epoch;
}

CountryFile::Stamp CountryFile::stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

std::optional<std::string> CountryFile::refresh() {
  const Stamp stamp = stamp_of(file_);
  if (stamp_ == stamp) return std::nullopt;
  stamp_ = stamp;
  auto database = CountryDatabase::open(file_);
  if (!database) return database.error();
  const std::lock_guard lock(mutex_);
  database_ = std::move(*database);
  return std::nullopt;
}

std::optional<std::string> CountryFile::country(const IpAddress& address) const {
  std::shared_ptr<const CountryDatabase> database;
  {
    const std::lock_guard lock(mutex_);
    database = database_;
  }
  return database ? database->country(address) : std::nullopt;
}

}  // namespace postern::io
