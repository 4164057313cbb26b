#include "lib/io/lmdb/opening.hpp"

#include <lmdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "lib/io/lmdb/environment.hpp"
#include "lib/store/value.hpp"
#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;
namespace fs = std::filesystem;

constexpr Lifetime day = 24h;

std::string failure_of(const LmdbFixture& fixture) {
  const auto opened = LmdbStore::open(fixture.options, fixture.now);
  if (opened) return "";
  CHECK(opened.error().text.find('\n') == std::string::npos);
  return opened.error().text;
}

// A small file of ours, closed.
void fill(LmdbFixture& fixture) {
  for (int i = 0; i < 30; ++i)
    fixture.ask(Put{"t/" + std::to_string(i), std::string(50, 'x'), day});
  fixture.opened.reset();
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("open: what others may have put there is refused, and left alone", "[lmdb][security]") {
  LmdbFixture fixture;
  fill(fixture);
  const std::string& file = fixture.options.file;
  SECTION("a file that all can write") {
    fs::permissions(file, fs::perms(0666));
    CHECK(contains(failure_of(fixture), "chmod 600"));
  }
  SECTION("a directory that all can write") {
    fs::permissions(fixture.directory.path, fs::perms(0777));
    CHECK(contains(failure_of(fixture), "chmod go-w"));
  }
  SECTION("a symbolic link") {
    fs::rename(file, file + ".real");
    fs::create_symlink(file + ".real", file);
    CHECK(contains(failure_of(fixture), "symbolic link"));
  }
  SECTION("a link in place of the checkpoints") {
    fs::rename(file + "-checkpoint", file + ".real");
    fs::create_symlink(file + ".real", file + "-checkpoint");
    CHECK_FALSE(failure_of(fixture).empty());
  }
  SECTION("a directory") {
    fs::remove(file);
    fs::create_directory(file);
    CHECK(contains(failure_of(fixture), "no regular file"));
  }
  SECTION("a pipe") {
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(contains(failure_of(fixture), "no regular file"));
  }
  SECTION("a directory in place of LMDB's lock") {
    fs::remove(file + "-lock");
    fs::create_directory(file + "-lock");
    CHECK_FALSE(failure_of(fixture).empty());
  }
  SECTION("no name") {
    fixture.options.file = "name";
    CHECK(contains(failure_of(fixture), "directory is needed"));
  }
  CHECK(fixture.corrupt_copies() == 0);
}

// Root may do anything, so these are tried as somebody else.
int as_nobody(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped = ::setgid(65534) == 0 && ::setuid(65534) == 0;
    ::_exit(dropped ? body() : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_CASE("open: owners and directories that cannot be written", "[lmdb][security]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can change owners");
    return;
  }
  LmdbFixture fixture;
  fill(fixture);
  const std::string& file = fixture.options.file;
  const auto own = [](const std::string& name, uid_t user) {
    REQUIRE(::chown(name.c_str(), user, user) == 0);
  };
  const auto problem_is = [&](const std::string& part) {
    return as_nobody([&] {
      const auto opened = LmdbStore::open(fixture.options, fixture.now);
      return !opened && opened.error().text.find(part) != std::string::npos ? 0 : 1;
    });
  };
  SECTION("a file of another user") {
    for (const std::string& name : {fixture.directory.path, file, file + "-checkpoint"}) {
      own(name, 65534);
    }
    fs::remove(file + "-lock");
    own(file, 1234);
    fs::permissions(file, fs::perms(0644));
    CHECK(problem_is("belongs to user 1234") == 0);
    CHECK(contains(failure_of(fixture), "belongs to user 1234"));
  }
  SECTION("a directory that is not ours to write") {
    fs::permissions(fixture.directory.path, fs::perms(0755));
    CHECK(problem_is("permission denied") == 0);
    fs::remove(file + "-checkpoint");
    CHECK(problem_is("permission denied") == 0);
  }
  SECTION("what root makes belongs to the owner of the directory") {
    own(fixture.directory.path, 65534);
    for (const char* suffix : {"", "-lock", "-checkpoint"}) fs::remove(file + suffix);
    fill(fixture);
    for (const char* suffix : {"", "-lock", "-checkpoint"}) {
      struct stat status {};
      REQUIRE(::stat((file + suffix).c_str(), &status) == 0);
      CHECK(status.st_uid == 65534);
      CHECK((status.st_mode & 0777) == 0600);
    }
    CHECK(as_nobody([&] { return LmdbStore::open(fixture.options, fixture.now) ? 0 : 1; }) == 0);
  }
  CHECK(fixture.corrupt_copies() == 0);
}

TEST_CASE("open: a later version of LMDB is refused, and left alone", "[lmdb]") {
  LmdbFixture fixture;
  fill(fixture);
  std::string octets = test::read_file(fixture.options.file);
  octets[20] = octets[4096 + 20] = 2;
  test::write_file(fixture.options.file, octets);
  CHECK(contains(failure_of(fixture), "later version"));
  CHECK(test::read_file(fixture.options.file) == octets);
}

void write_format(const std::string& file, std::string_view format) {
  lmdb::Environment environment;
  REQUIRE(environment.open(file, LmdbOptions::min_bytes) == 0);
  REQUIRE(environment.open_databases() == 0);
  lmdb::WriteTransaction transaction(environment);
  REQUIRE(transaction.error() == 0);
  StoredValue value;
  value.payload = format;
  const std::string octets = encode("format", value);
  MDB_val name = lmdb::value_of("format");
  MDB_val data = lmdb::value_of(octets);
  REQUIRE(mdb_put(transaction.get(), environment.about(), &name, &data, 0) == 0);
  REQUIRE(transaction.commit() == 0);
}

TEST_CASE("open: a format of a later version of ours is refused, and left alone", "[lmdb]") {
  LmdbFixture fixture;
  fill(fixture);
  write_format(fixture.options.file, "2");
  const std::string octets = test::read_file(fixture.options.file);
  const std::string checkpoint = test::read_file(fixture.options.file + "-checkpoint");
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK(contains(failure_of(fixture), "later version of Postern"));
    CHECK(test::read_file(fixture.options.file) == octets);
    CHECK(test::read_file(fixture.options.file + "-checkpoint") == checkpoint);
    fixture.clock.boot += "-again";
  }
  CHECK(fixture.corrupt_copies() == 0);
  // Whoever goes back to that version, or mends it, has all that was there.
  write_format(fixture.options.file, "1");
  CHECK(fixture.ask_for<Value>(Get{"t/7"}).value == std::string(50, 'x'));
}

TEST_CASE("open: a database of another program is refused, and left alone", "[lmdb]") {
  LmdbFixture fixture;
  MDB_env* environment = nullptr;
  REQUIRE(mdb_env_create(&environment) == 0);
  mdb_env_set_maxdbs(environment, 1);
  REQUIRE(mdb_env_open(environment, fixture.options.file.c_str(), MDB_NOSUBDIR, 0600) == 0);
  MDB_txn* transaction = nullptr;
  MDB_dbi database = 0;
  REQUIRE(mdb_txn_begin(environment, nullptr, 0, &transaction) == 0);
  REQUIRE(mdb_dbi_open(transaction, "theirs", MDB_CREATE, &database) == 0);
  REQUIRE(mdb_txn_commit(transaction) == 0);
  mdb_env_close(environment);
  CHECK(contains(failure_of(fixture), "another program"));
  CHECK(fixture.corrupt_copies() == 0);
}

TEST_CASE("open: an empty file is begun", "[lmdb]") {
  LmdbFixture fixture;
  test::write_file(fixture.options.file, "");
  fixture.ask(Put{"t/a", "x", day});
  CHECK(fixture.opened->note().empty());
}

TEST_CASE("open: what is damaged is set aside, and all goes on", "[lmdb][security]") {
  LmdbFixture fixture;
  fill(fixture);
  test::write_file(fixture.options.file, std::string(20000, 'x'));
  fixture.ask(Put{"t/a", "x", day});
  CHECK(contains(fixture.opened->note(), "set aside as store.lmdb.corrupt-20"));
  CHECK(fixture.corrupt_copies() == 1);
  // Not without end.
  for (int i = 0; i < 6; ++i) {
    fixture.opened.reset();
    fixture.advance(1s);
    test::write_file(fixture.options.file, std::string(20000, 'x'));
    fixture.open();
  }
  CHECK(fixture.corrupt_copies() == 3);
}

// A limit of the size of files stands for a disk that is full.
int fill_disk(const LmdbFixture& fixture) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto opened = LmdbStore::open(fixture.options, fixture.now);
  if (!opened) return 1;
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 200000;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  int stored = 0;
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    const Operation put = Put{"t/" + std::to_string(i), std::string(500, 'x'), day};
    const auto done = (*opened)->run({&put, 1}, fixture.now);
    ++(done ? stored : failed);
    if (!done && done.error().kind == Failure::Kind::corrupt) return 2;
    if (i % 100 == 0) (*opened)->maintain();
  }
  if (stored < 50 || failed < 50) return 3;
  const Operation get = Get{"t/0"};
  if (!(*opened)->run({&get, 1}, fixture.now)) return 4;
  // There is room again.
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  (*opened)->maintain();
  const Operation put = Put{"t/again", "x", day};
  if (!(*opened)->run({&put, 1}, fixture.now)) return 5;
  opened->reset();
  opened = LmdbStore::open(fixture.options, fixture.now);
  if (!opened || !(*opened)->note().empty()) return 6;
  const Operation again = Get{"t/again"};
  const auto value = (*opened)->run({&again, 1}, fixture.now);
  return value && value->front() == Result(Value{"x"}) ? 0 : 7;
}

TEST_CASE("open: a disk that is full fails writes, and later takes them again", "[lmdb]") {
  const LmdbFixture fixture;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(fill_disk(fixture));
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace postern::io
