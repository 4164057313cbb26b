#include "lib/io/files/key_directory.hpp"

#include <atomic>
#include <thread>

#include "lib/io/files/key_ring.hpp"
#include "tests/unit/io/files/key_place.hpp"

namespace postern::io {
namespace {

using keyring::Key;
using keyring::State;
using test::made_up_key;

TEST_CASE("KeyDirectory: nothing there is an empty index", "[files]") {
  const Place place;
  CHECK(place.directory.load_index()->keys().empty());
  CHECK(place.directory.generation() == KeyDirectory::Generation());
  REQUIRE(place.directory.lock());
  CHECK(place.directory.load_index()->keys().empty());
  CHECK(mode_of(place.path("dkim")) == 0700);
  const KeyDirectory nowhere(place.path("a/b/c"));
  const auto lock = nowhere.lock();
  REQUIRE_FALSE(lock);
  CHECK(lock.error() == place.path("a/b/") + ": No such file or directory; make it first");
}

TEST_CASE("KeyDirectory: what is stored is loaded, private, and replaced whole", "[files]") {
  const Place place;
  const Key key = add_real_key(place.directory, "example.org", "s1");
  const auto before = place.directory.generation();
  CHECK(place.directory.load_index()->keys() == std::vector<Key>{key});
  CHECK(place.directory.load_key(key)->view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  CHECK(mode_of(place.directory.index_file()) == 0600);
  CHECK(mode_of(place.directory.key_file(key)) == 0600);
  CHECK(mode_of(place.path("dkim/example.org")) == 0700);
  CHECK(before == place.directory.generation());

  const auto lock = place.directory.lock();
  REQUIRE(lock);
  place.write("dkim/.keys.json.new", "left by a crash");
  REQUIRE(place.directory.store_index(*lock, *place.directory.load_index()));
  CHECK_FALSE(before == place.directory.generation());  // even when the text is the same
  CHECK_FALSE(fs::exists(place.path("dkim/.keys.json.new")));

  const auto again = place.directory.store_key(*lock, key, "other");
  REQUIRE_FALSE(again);
  CHECK(again.error() == place.directory.key_file(key) +
                             ": is there already, though no key of the index; move it away");
  CHECK(place.directory.load_key(key)->view().starts_with("-----BEGIN"));

  REQUIRE(place.directory.delete_key(*lock, key));
  CHECK_FALSE(fs::exists(place.path("dkim/example.org")));
  CHECK(place.directory.delete_key(*lock, key));  // gone is gone
  CHECK_FALSE(place.directory.load_key(key));
}

TEST_CASE("KeyDirectory: what others can read or write is refused", "[files][security]") {
  struct Row {
    std::string name;
    mode_t mode;
    std::string remedy;  // empty: accepted
  };
  const Row rows[] = {
      {"dkim/example.org/s1.pem", 0640, "chmod 600 "},
      {"dkim/example.org/s1.pem", 0604, "chmod 600 "},
      {"dkim/example.org/s1.pem", 0620, "chmod 600 "},
      {"dkim/example.org/s1.pem", 0602, "chmod 600 "},
      {"dkim/example.org/s1.pem", 0400, ""},
      {"dkim/example.org", 0750, "chmod 700 "},
      {"dkim/example.org", 0707, "chmod 700 "},
      {"dkim/example.org", 0711, ""},
      {"dkim", 0755, "chmod 700 "},
      {"dkim", 0720, "chmod 700 "},
      {"dkim", 0710, ""},
      {"dkim/keys.json", 0644, "chmod 600 "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name, row.mode);
    const Place place;
    const Key key = add_real_key(place.directory, "example.org", "s1");
    set_mode(place.path(row.name), row.mode);
    const auto index = place.directory.load_index();
    const auto text = place.directory.load_key(key);
    const std::string error = !index ? index.error() : !text ? text.error() : "";
    if (row.remedy.empty()) {
      CHECK(error.empty());
      continue;
    }
    CHECK(error.starts_with(place.path(row.name) +
                            ": can be read or written by others than its owner (mode 0"));
    CHECK(error.ends_with("mend it with: " + row.remedy + place.path(row.name)));
    set_mode(place.path(row.name),
             row.name.ends_with("pem") || row.name.ends_with("json") ? 0600 : 0700);  // as it says
    CHECK(place.directory.load_index());
    CHECK(place.directory.load_key(key));
  }
}

TEST_CASE("KeyDirectory: links, folders, and FIFOs in the place of files", "[files][security]") {
  const Place place;
  const Key key = add_real_key(place.directory, "example.org", "s1");
  const std::string file = place.directory.key_file(key);
  fs::rename(file, place.path("elsewhere.pem"));
  const auto error = [&] { return place.directory.load_key(key).error(); };
  CHECK(error() == file + ": No such file or directory");

  fs::create_symlink(place.path("elsewhere.pem"), file);
  CHECK(error() == file +
                       ": is a symbolic link, which is not followed; put what it points to in its "
                       "place");
  fs::remove(file);
  fs::create_directory(file);
  set_mode(file, 0700);
  CHECK(error() == file + ": is no regular file");
  fs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK(error() == file + ": is no regular file");  // and it does not wait
  fs::remove(file);
  place.write("dkim/example.org/s1.pem", std::string(max_key_file_size + 1, 'x'));
  CHECK(error() == file + ": is larger than 65536 bytes");

  const std::string folder = place.path("dkim/example.org");
  fs::rename(folder, place.path("moved"));
  fs::create_directory_symlink(place.path("moved"), folder);
  CHECK(error() == folder +
                       ": is a symbolic link, which is not followed; put what it points to in its "
                       "place");
  fs::create_directory_symlink(place.path("dkim"), place.path("volume"));
  CHECK(KeyDirectory(place.path("volume")).load_index()->keys().size() == 1);  // may be moved
}

TEST_CASE("KeyDirectory: owners, and whom root writes for", "[files][security]") {
  if (::geteuid() != 0) return;  // nobody else can give files away
  const Place place;
  constexpr uid_t daemon = 4711;
  constexpr uid_t stranger = 4712;
  REQUIRE(::chown(place.root.c_str(), daemon, daemon) == 0);
  const Key key = add_real_key(place.directory, "example.org", "s1");
  for (const char* name :
       {"dkim", "dkim/.lock", "dkim/keys.json", "dkim/example.org", "dkim/example.org/s1.pem"}) {
    CAPTURE(name);
    struct stat status {};
    REQUIRE(::lstat(place.path(name).c_str(), &status) == 0);
    CHECK(status.st_uid == daemon);
    CHECK(status.st_gid == daemon);
  }
  const std::string file = place.directory.key_file(key);
  REQUIRE(::chown(file.c_str(), 0, 0) == 0);
  CHECK(place.directory.load_key(key));
  REQUIRE(::chown(file.c_str(), stranger, 0) == 0);
  CHECK(place.directory.load_key(key).error() ==
        file +
            ": belongs to user 4712, who is neither root, nor the owner of the directory, nor the "
            "user of this program; mend it with: chown 4711 " +
            file);
}

TEST_CASE("KeyDirectory: what root leaves behind when it is killed is mended by its next run",
          "[files][security]") {
  if (::geteuid() != 0) return;  // nobody else can give files away
  const Place place;
  constexpr uid_t daemon = 4711;
  REQUIRE(::chown(place.root.c_str(), daemon, daemon) == 0);
  add_real_key(place.directory, "example.org", "s1");
  const char* const left[] = {"dkim/example.org", "dkim/example.com", "dkim/.lock"};
  fs::create_directory(place.path("dkim/example.com"));  // made, and not yet given away
  set_mode(place.path("dkim/example.com"), 0700);
  for (const char* name : left) REQUIRE(::chown(place.path(name).c_str(), 0, 0) == 0);
  fs::create_directory(place.path("outside"));
  fs::create_directory_symlink(place.path("outside"), place.path("dkim/elsewhere.example"));
  REQUIRE(place.directory.lock());
  for (const char* name : left) {
    CAPTURE(name);
    struct stat status {};
    REQUIRE(::lstat(place.path(name).c_str(), &status) == 0);
    CHECK(status.st_uid == daemon);
    CHECK(status.st_gid == daemon);
  }
  struct stat outside {};
  REQUIRE(::stat(place.path("outside").c_str(), &outside) == 0);
  CHECK(outside.st_uid == 0);  // links are not followed
}

TEST_CASE("KeyDirectory: a lock that is more than a lock is not given away", "[files][security]") {
  if (::geteuid() != 0) return;
  const Place place;
  REQUIRE(::chown(place.root.c_str(), 4711, 4711) == 0);
  REQUIRE(place.directory.lock());
  fs::remove(place.path("dkim/.lock"));
  place.write("precious", "");
  fs::create_hard_link(place.path("precious"), place.path("dkim/.lock"));
  REQUIRE(place.directory.lock());
  struct stat status {};
  REQUIRE(::stat(place.path("precious").c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

TEST_CASE("KeyDirectory: a damaged index says where and what to do", "[files]") {
  const Place place;
  REQUIRE(place.directory.lock());
  place.write("dkim/keys.json", "{\n \"version\": 1,\n \"keys\": [\n}");
  CHECK(place.directory.load_index().error() ==
        place.path("dkim/keys.json") +
            ": line 4: is no JSON; mend it, or restore it from a backup");
  CHECK_FALSE(KeyRing::load(place.directory));
}

TEST_CASE("KeyDirectory: the lock has one holder", "[files]") {
  const Place place;
  auto first = place.directory.lock();
  REQUIRE(first);
  const auto second = place.directory.lock(std::chrono::milliseconds(50));
  REQUIRE_FALSE(second);
  CHECK(second.error() ==
        place.path("dkim/.lock") + ": another command holds the lock; try again when it has ended");
  { const KeyDirectoryLock given_up = std::move(*first); }
  CHECK(place.directory.lock(std::chrono::milliseconds(50)));
}

TEST_CASE("KeyDirectory: many writers lose nothing, and readers see whole indexes", "[files]") {
  const Place place;
  constexpr int writers = 4;
  constexpr int keys = 10;
  std::atomic<bool> done = false;
  std::atomic<int> failures = 0;
  std::thread reader([&] {
    while (!done) {
      if (!place.directory.load_index()) ++failures;
    }
  });
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int number = 0; number < keys; ++number) {
        const auto lock = place.directory.lock(std::chrono::minutes(1));
        auto index = place.directory.load_index();
        if (!lock || !index ||
            !index->add(made_up_key("example.org",
                                    "w" + std::to_string(writer) + "n" + std::to_string(number))) ||
            !place.directory.store_index(*lock, *index)) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  reader.join();
  CHECK(failures == 0);
  CHECK(place.directory.load_index()->keys().size() == writers * keys);
}

TEST_CASE("SecretText: exact sizes, moves, and files that are too large", "[files]") {
  const Place place;
  place.write("x", std::string(100, 'x'));
  auto text = read_secret_file(place.path("x"), 100);
  REQUIRE(text);
  SecretText moved = std::move(*text);
  CHECK(moved.view() == std::string(100, 'x'));
  CHECK(read_secret_file(place.path("x"), 99).error() ==
        place.path("x") + ": is larger than 99 bytes");
  CHECK(read_secret_file(place.path("y"), 99).error() ==
        place.path("y") + ": No such file or directory");
  CHECK(read_secret_file(place.path(""), 99).error().ends_with(": is no regular file"));
  place.write("empty", "");
  CHECK(read_secret_file(place.path("empty"), 99)->view().empty());
}

}  // namespace
}  // namespace postern::io
