#include "lib/io/mmdb/country_database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/unit/io/mmdb/mmdb_writer.hpp"

namespace postern::io {
namespace {

using mmdb::encode;
using mmdb::encode_map;

IpAddress ip(std::string_view text) {
  return parse_ip_address(text).value();
}
std::string in_country(std::string_view code) {
  return encode_map({{"country", encode_map({{"iso_code", encode(code)}})}});
}
std::string file_with(std::string_view code) {
  mmdb::Writer writer;
  writer.add("192.0.2.0/24", in_country(code));
  return writer.file();
}

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mmdb_test.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file() const { return path_ + "/country.mmdb"; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// As an operator should: a new file under the old name.
  void replace(std::string_view content) const {
    write(file() + ".new", content);
    std::filesystem::rename(file() + ".new", file());
  }
  static void write(const std::string& file, std::string_view content) {
    std::ofstream(file, std::ios::binary) << content;
  }

 private:
  std::string path_;
};

TEST_CASE("CountryDatabase: the country of an address", "[mmdb]") {
  const Directory directory;
  mmdb::Writer writer;
  writer.add("192.0.2.0/24", in_country("DE"));
  writer.add("198.51.100.0/25",
             encode_map({{"registered_country", encode_map({{"iso_code", encode("FR")}})}}));
  writer.add("203.0.113.0/24", encode_map({{"country_code", encode("at")}}));
  writer.add("203.0.112.0/24", encode_map({{"country", encode("CH")}}));
  writer.add("100.64.0.0/16", encode_map({{"country", encode("Germany")}}));
  writer.add("100.65.0.0/16", encode_map({{"continent", encode("EU")}}));
  writer.add("2001:db8::/32", in_country("NL"));
  directory.replace(writer.file());
  const auto database = CountryDatabase::open(directory.file());
  if (!database) FAIL(database.error());
  CHECK((*database)->built() == 1'700'000'000);
  const auto [address, country] = GENERATE(table<std::string, std::string>({
      {"192.0.2.77", "DE"},
      {"::ffff:192.0.2.77", "DE"},
      {"192.0.3.1", ""},
      {"198.51.100.1", "FR"},
      {"198.51.100.200", ""},
      {"203.0.113.1", "AT"},
      {"203.0.112.1", "CH"},
      {"100.64.1.1", ""},
      {"100.65.1.1", ""},
      {"2001:db8:1::1", "NL"},
      {"2001:db9::1", ""},
  }));
  CAPTURE(address);
  CHECK((*database)->country(ip(address)).value_or("") == country);
}

TEST_CASE("CountryDatabase: files that cannot be used", "[mmdb]") {
  const Directory directory;
  const auto problem = [&](const std::string& file) {
    const auto database = CountryDatabase::open(file);
    REQUIRE_FALSE(database);
    CHECK(database.error().starts_with(file + ": "));
    return database.error().substr(file.size() + 2);
  };
  CHECK(problem(directory.file()) == "No such file or directory");
  CHECK(problem(directory.path()) == "is no regular file");
  REQUIRE(::mkfifo((directory.path() + "/fifo").c_str(), 0600) == 0);
  CHECK(problem(directory.path() + "/fifo") == "is no regular file");
  for (const std::string& content : {std::string(), std::string("x"), std::string(5000, 'x')}) {
    directory.replace(content);
    CHECK(problem(directory.file()).starts_with("is no MaxMind DB file: "));
  }
  directory.replace("");
  REQUIRE(::truncate(directory.file().c_str(), max_database_size + 1) == 0);
  CHECK(problem(directory.file()) == "is larger than 128 MiB; use one of countries only");
}

TEST_CASE("CountryDatabase: a file cut or damaged anywhere does no harm", "[mmdb][security]") {
  const Directory directory;
  const std::string whole = file_with("DE");
  const auto use = [&](const std::string& content) {
    Directory::write(directory.file(), content);
    const auto database = CountryDatabase::open(directory.file());
    if (!database) return;
    for (const char* address : {"192.0.2.1", "192.0.3.1", "2001:db8::1"}) {
      const auto country = (*database)->country(ip(address));
      if (country) CHECK(country->size() == 2);
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 3) use(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    use(damaged);
  }
}

TEST_CASE("CountryFile: read again when it changes, problems are told once", "[mmdb]") {
  const Directory directory;
  CountryFile file(directory.file());
  CHECK_FALSE(file.country(ip("192.0.2.1")));
  CHECK(file.refresh());
  CHECK_FALSE(file.refresh());
  directory.replace(file_with("DE"));
  CHECK_FALSE(file.refresh());
  CHECK(file.country(ip("192.0.2.1")) == "DE");
  directory.replace("nonsense");
  CHECK(file.refresh());
  CHECK_FALSE(file.refresh());
  CHECK(file.country(ip("192.0.2.1")) == "DE");  // the one before stays
  directory.replace(file_with("FR"));
  CHECK_FALSE(file.refresh());
  CHECK(file.country(ip("192.0.2.1")) == "FR");
  std::filesystem::remove(directory.file());
  CHECK(file.refresh());
  CHECK(file.country(ip("192.0.2.1")) == "FR");
}

TEST_CASE("CountryFile: a file that is overwritten in place does no harm", "[mmdb][security]") {
  const Directory directory;
  directory.replace(file_with("DE"));
  CountryFile file(directory.file());
  CHECK_FALSE(file.refresh());
  REQUIRE(::truncate(directory.file().c_str(), 0) == 0);
  CHECK(file.country(ip("192.0.2.1")) == "DE");
}

TEST_CASE("CountryFile: asked by many threads while it changes", "[mmdb]") {
  const Directory directory;
  directory.replace(file_with("DE"));
  CountryFile file(directory.file());
  CHECK_FALSE(file.refresh());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) wrong += file.country(ip("192.0.2.1")) == "DE" ? 0 : 1;
    });
  }
  for (int i = 0; i < 50; ++i) {
    directory.replace(file_with("DE"));
    CHECK_FALSE(file.refresh());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace postern::io
