// Tests of libclamav with databases made here.
#include "lib/io/clamav/scan_engine.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "lib/io/clamav/samples.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using antivirus::Result;

// In two halves, so that scanners of this source keep calm.
const std::string eicar =
    std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-") + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
const std::string eicar_signature = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n";
// The octets "postern-marker-N" in hexadecimal digits.
const std::string marker = "706f737465726e2d6d61726b65722d";

class Database {
 public:
  Database() : path_("/tmp/scan_engine_test.XXXXXX") {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    std::filesystem::create_directory(path_ + "/tmp");
    std::filesystem::create_directory(path_ + "/db");
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Database(Database&&) = delete;
  Database& operator=(Database&&) = delete;
  ~Database() { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory() + "/" + name) << text;
  }
  [[nodiscard]] std::string directory() const { return path_ + "/db"; }
  [[nodiscard]] antivirus::EngineOptions options() const {
    antivirus::EngineOptions options;
    options.database = directory();
    options.temporary_directory = path_ + "/tmp";
    options.max_file_size = 1024UL * 1024;
    options.scan_time = std::chrono::seconds(10);
    return options;
  }
  [[nodiscard]] ScanEngine load() const {
    auto engine = ScanEngine::load(options());
    REQUIRE(engine);
    return std::move(*engine);
  }
  [[nodiscard]] std::string problem() const {
    const auto engine = ScanEngine::load(options());
    REQUIRE_FALSE(engine);
    return engine.error();
  }

 private:
  std::string path_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("ScanEngine: signatures of each kind are found", "[clamav]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  database.write("b.ndb", "Own.Body:0:*:" + marker + "31\n");
  database.write("c.ldb", "Own.Logical;Target:0;0&1;" + marker + "32;" + marker + "33\n");
  database.write("d.yar", "rule Own { strings: $a = \"postern-marker-4\" condition: $a }\n");
  ScanEngine engine = database.load();
  CHECK(engine.signatures() == 4);
  struct Row {
    std::string octets;
    std::string name;
  };
  for (const Row& row : {Row{eicar, "Eicar-Test-Signature.UNOFFICIAL"},
                         Row{"x postern-marker-1 x", "Own.Body.UNOFFICIAL"},
                         Row{"postern-marker-2 postern-marker-3", "Own.Logical.UNOFFICIAL"},
                         Row{"x postern-marker-4 x", "YARA.Own.UNOFFICIAL"}}) {
    const auto outcome = engine.scan(row.octets);
    CHECK(outcome.result == Result::infected);
    CHECK(outcome.name == row.name);
  }
  CHECK(engine.scan("postern-marker-2").result == Result::clean);
  CHECK(engine.scan("").result == Result::clean);
  CHECK(engine.scan("x").result == Result::clean);
}

TEST_CASE("ScanEngine: over the limit of size is unscannable", "[clamav][security]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  ScanEngine engine = database.load();
  CHECK(engine.scan(std::string(1024UL * 1024 + 1, 'x')).result == Result::unscannable);
}

TEST_CASE("ScanEngine: without a place for files nothing is clean that needs one",
          "[clamav][security]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  ScanEngine engine = database.load();
  const std::string_view message = samples().front();
  CHECK(engine.scan(message).result == Result::clean);
  REQUIRE(engine.unpack_into("/nonexistent"));
  CHECK(engine.scan(std::string(message) + "x").result == Result::temperror);
}

TEST_CASE("ScanEngine: tells which files it has met in a message", "[clamav][security]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  ScanEngine engine = database.load();
  const std::string attached(3000, 'A');
  std::string message =
      "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
      "Content-Type: application/octet-stream; name=a.bin\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  for (int i = 0; i < 100; ++i) message += "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n";  // 30
  message += "--b--\r\n";
  std::string other = attached;
  other.back() = 'B';
  std::array files = {InnerFile{attached}, InnerFile{other}, InnerFile{attached}, InnerFile{""},
                      InnerFile{message}};
  CHECK(engine.scan(message, files).result == Result::clean);
  CHECK(files[0].is_met);
  CHECK_FALSE(files[1].is_met);
  CHECK(files[2].is_met);
  CHECK_FALSE(files[3].is_met);
  CHECK_FALSE(files[4].is_met);
}

TEST_CASE("InnerFiles: compares no more than it may", "[clamav][security]") {
  const std::string octets(40'000, 'x');
  std::array files = {InnerFile{octets}, InnerFile{octets}};
  InnerFiles inner(files, octets.size() + 30'000);
  CHECK_FALSE(inner.meet({"CL_TYPE_MAIL", "", 0}));
  CHECK_FALSE(inner.meet({"CL_TYPE_ZIP", octets, 1}));
  CHECK(files[0].is_met);
  CHECK_FALSE(files[1].is_met);
}

TEST_CASE("InnerFiles: only parts of a message count", "[clamav][security]") {
  std::array files = {InnerFile{"octets", true}};
  InnerFiles inner(files, 1000);
  CHECK_FALSE(
      inner.meet({"CL_TYPE_TEXT_ASCII", "octets", 1}));  // nothing is known of what is above
  CHECK_FALSE(inner.meet({"CL_TYPE_DMG", "", 0}));
  CHECK_FALSE(inner.meet({"CL_TYPE_TEXT_ASCII", "octets", 1}));
  CHECK_FALSE(inner.meet({"CL_TYPE_MAIL", "octets", 0}));
  CHECK_FALSE(inner.meet({"CL_TYPE_TEXT_ASCII", "octets", 2}));
  CHECK_FALSE(inner.meet({"CL_TYPE_TEXT_ASCII", "others", 1}));
  CHECK(inner.meet({"CL_TYPE_TEXT_ASCII", "octets", 1}));
}

TEST_CASE("ScanEngine: a generation stands for its signatures and limits", "[clamav]") {
  const Database first;
  const Database second;
  first.write("a.hdb", eicar_signature);
  second.write("a.hdb", eicar_signature);
  second.write("freshclam.dat", "of no concern");
  const std::string generation = first.load().generation();
  CHECK(generation.size() == 16);
  CHECK(first.load().generation() == generation);
  CHECK(second.load().generation() == generation);
  second.write("b.ndb", "Own.Body:0:*:" + marker + "31\n");
  CHECK(second.load().generation() != generation);
  auto options = first.options();
  options.max_files = 7;
  CHECK(ScanEngine::load(options)->generation() != generation);
}

TEST_CASE("ScanEngine: one file can be the database", "[clamav]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  auto options = database.options();
  options.database += "/a.hdb";
  auto engine = ScanEngine::load(options);
  REQUIRE(engine);
  CHECK(engine->scan(eicar).result == Result::infected);
}

TEST_CASE("ScanEngine: what cannot be loaded says what is to be done", "[clamav]") {
  const Database database;
  CHECK(database.problem() == database.directory() +
                                  " has no signatures; run freshclam (package clamav-freshclam), "
                                  "which fetches them");
  database.write("freshclam.dat", "x");
  CHECK(has(database.problem(), "has no signatures; run freshclam"));
  database.write("a.ndb", "this is no signature\n");
  CHECK(has(database.problem(), "signatures cannot be loaded: "));
  CHECK(has(database.problem(), "a.ndb"));
  CHECK(has(database.problem(), "run freshclam"));
  database.write("a.ndb", "");
  CHECK(has(database.problem(), "freshclam"));
  std::filesystem::remove_all(database.directory());
  CHECK(has(database.problem(), database.directory() + ": No such file or directory; "));
  CHECK(has(database.problem(), "freshclam"));
}

TEST_CASE("samples: are clean, and hold what they say", "[clamav]") {
  const Database database;
  database.write("a.hdb", eicar_signature);
  database.write("b.ndb", "Found.Pdf:0:*:25504446\nFound.Zip:1:*:504b0304\n");
  ScanEngine engine = database.load();
  CHECK(engine.scan(samples().front()).name == "Found.Pdf.UNOFFICIAL");
  database.write("b.ndb", "Found.Xml:0:*:3c773a646f63756d656e743e\n");
  ScanEngine next = database.load();
  CHECK(next.scan(samples().front()).name == "Found.Xml.UNOFFICIAL");
  next.warm_up();
}

}  // namespace postern::io
