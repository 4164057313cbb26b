#include "lib/antispam/update/channel.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("channel: names in DNS and on disk", "[antispam]") {
  CHECK(version_question("updates.spamassassin.org") == "1.0.4.updates.spamassassin.org");
  CHECK(version_question("KAM.sa-channels.MCGRAIL.com") == "1.0.4.kam.sa-channels.mcgrail.com");
  CHECK(mirrors_question("updates.spamassassin.org") == "mirrors.updates.spamassassin.org");
  CHECK(folder_of("updates.spamassassin.org") == "updates_spamassassin_org");
  CHECK(folder_of("kam.sa-channels.mcgrail.com") == "kam_sa-channels_mcgrail_com");
  CHECK(folder_of("a..b_c") == "a_b_c");
}

TEST_CASE("is_channel_name: nothing that leaves a folder", "[antispam][security]") {
  CHECK(is_channel_name("updates.spamassassin.org"));
  // "a_b" would have the folder of "a.b".
  for (const char* name : {"", ".", "..", "../x", "a/b", "-x", "a b", "a\n", "\xC3\xA4.example",
                           "a..b", "a.", "a_b"}) {
    CAPTURE(name);
    CHECK_FALSE(is_channel_name(name));
  }
  CHECK_FALSE(is_channel_name(std::string(300, 'a')));
}

TEST_CASE("read_version: the number that the first text begins with", "[antispam]") {
  CHECK(read_version({"1907730"}) == 1907730);
  CHECK(read_version({"", "1907730 and more", "5"}) == 1907730);
  CHECK_FALSE(read_version({}));
  CHECK_FALSE(read_version({"v1907730"}));
  CHECK_FALSE(read_version({"-1"}));
  CHECK_FALSE(read_version({"99999999999999999999999"}));
}

TEST_CASE("version_of_archive: digits and nothing else", "[antispam]") {
  CHECK(version_of_archive("1907730.tar.gz") == 1907730);
  for (const char* name : {".tar.gz", "a1.tar.gz", "1.tar.gz.asc", "1.5.tar.gz", "-1.tar.gz"}) {
    CAPTURE(name);
    CHECK_FALSE(version_of_archive(name));
  }
}

TEST_CASE("format_index: as sa-update writes it", "[antispam]") {
  const std::string text = format_index("updates.spamassassin.org", 12,
                                        {"20_b.cf", "x.pre", "10_a.cf", "read.me"}, ".cf");
  CHECK(text ==
        "# UPDATE version 12\n"
        "include updates_spamassassin_org/10_a.cf\n"
        "include updates_spamassassin_org/20_b.cf\n");
  CHECK(version_of_index(text) == 12);
  CHECK_FALSE(version_of_index("include x.cf\n"));
  CHECK_FALSE(version_of_index(""));
}

TEST_CASE("parse_mirrors: comments, weights, and the scheme", "[antispam]") {
  const auto mirrors = parse_mirrors(
      "# test mirror: zone, cached via Coral\n"
      "http://sa-update.example.org/  weight=5 # near\n"
      "  https://b.example/updates///\tage=1 weight=2\n"
      "ftp://c.example/\n"
      "\n"
      "http://d.example\r\n"
      "https://d.example weight=7\n"
      "http://user@e.example/\n"
      "https://\n"
      "https://f.example:8443/x\n"
      "https:///x\n");
  CHECK(mirrors == std::vector<Mirror>{{"https://sa-update.example.org", 5},
                                       {"https://b.example/updates", 2},
                                       {"https://d.example", 7}});
  std::string many;
  for (int i = 0; i < 200; ++i) many += "http://m" + std::to_string(i) + ".example\n";
  CHECK(parse_mirrors(many).size() == max_mirrors);
}

TEST_CASE("choose_mirror: in proportion to the weights", "[antispam]") {
  const std::vector<Mirror> mirrors = {{"a", 5}, {"b", 0}, {"c", 1}};
  std::vector<int> counts(3);
  for (std::uint64_t random = 0; random < 600; ++random) ++counts[choose_mirror(mirrors, random)];
  CHECK(counts == std::vector<int>{500, 0, 100});
  const std::vector<Mirror> without_weight = {{"a", 0}, {"b", 0}};
  CHECK(choose_mirror(without_weight, 3) == 1);
}

TEST_CASE("parse_digest: so many digits and no more", "[antispam]") {
  const std::string digits(64, 'A');
  CHECK(parse_digest(digits + "  1.tar.gz\n", 64) == std::string(64, 'a'));
  CHECK(parse_digest(digits, 64));
  CHECK_FALSE(parse_digest(digits + "a", 64));
  CHECK_FALSE(parse_digest(digits + "_", 64));
  CHECK_FALSE(parse_digest(digits.substr(1), 64));
  CHECK_FALSE(parse_digest("x" + digits, 64));
  CHECK_FALSE(parse_digest("", 64));
}

}  // namespace
}  // namespace postern::antispam
