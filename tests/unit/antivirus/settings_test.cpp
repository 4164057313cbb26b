#include "lib/antivirus/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::antivirus {

TEST_CASE("antivirus settings: addresses of scanners") {
  const auto avscan = parse_scanner_address("avscan:/run/x.sock");
  REQUIRE(avscan);
  CHECK(avscan->kind == ScannerAddress::Kind::avscan);
  CHECK(avscan->path == "/run/x.sock");
  const auto local = parse_scanner_address("clamd:/run/clamav/clamd.ctl");
  REQUIRE(local);
  CHECK(local->kind == ScannerAddress::Kind::clamd);
  CHECK(local->path == "/run/clamav/clamd.ctl");
  const auto v4 = parse_scanner_address("clamd:127.0.0.1:3310");
  REQUIRE(v4);
  CHECK(v4->host == "127.0.0.1");
  CHECK(v4->port == 3310);
  const auto v6 = parse_scanner_address("clamd:[::1]:3310");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
}

TEST_CASE("antivirus settings: what is no address") {
  for (const std::string& text :
       {std::string(""), std::string("/run/x.sock"), std::string("avscan:x.sock"),
        std::string("avscan:127.0.0.1:3310"), std::string("clamd:localhost:3310"),
        std::string("clamd:127.0.0.1"), std::string("clamd:127.0.0.1:0"),
        std::string("clamd:127.0.0.1:65536"), std::string("clamd:127.0.0.1:33x"),
        std::string("spamd:/x"), "avscan:/" + std::string(200, 'x')}) {
    INFO(text);
    CHECK_FALSE(parse_scanner_address(text));
  }
}

TEST_CASE("antivirus settings: defaults, and errors with file and line") {
  const auto settings = load_settings({});
  REQUIRE(settings);
  CHECK_FALSE(settings->enabled);
  CHECK(settings->scope == Scope::message);
  REQUIRE(settings->scanners.size() == 1);
  CHECK(settings->scanners[0].path == "/run/postern-avscan/avscan.sock");
  const auto document = config::parse_document("[antivirus]\nscan = \"all\"\n", "t.toml");
  REQUIRE(document);
  const auto wrong = load_settings(*document);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().text().find("t.toml:2: antivirus.scan") == 0);
  const auto empty = config::parse_document("[antivirus]\nscanners = []\n", "t.toml");
  REQUIRE(empty);
  CHECK_FALSE(load_settings(*empty));
}

}  // namespace postern::antivirus
