#include "lib/config/setting.hpp"

#include <array>

#include "tests/support/catch.hpp"

namespace postern::config {
namespace {

struct Sample {
  bool flag = false;
  std::uint32_t number = 0;
  std::chrono::milliseconds wait{};
  ByteSize size;
  DomainList domains;
  std::vector<IpNetwork> networks;
};

constexpr std::array sample_table = {
    row<&Sample::flag>("flag", "true", "A flag."),
    row<&Sample::number>("s.number", "10", "A number."),
    row<&Sample::wait>("s.wait", R"("5s")", "A duration."),
    row<&Sample::size>("s.size", R"("64KiB")", "A size."),
    row<&Sample::domains>("s.domains", "[]", "Domains."),
    row<&Sample::networks>("s.networks", R"(["127.0.0.0/8"])", "Networks."),
};
const std::span<const Setting<Sample>> table_of_sample(sample_table);

Expected<Sample, ConfigError> load_text(std::string_view text) {
  return load(table_of_sample, parse_document(text, "t.toml").value());
}

TEST_CASE("load: defaults, then what the file says", "[config]") {
  const Sample sample = load_text("[s]\nnumber = 3\nwait = \"250ms\"").value();
  CHECK(sample.flag);
  CHECK(sample.number == 3);
  CHECK(sample.wait == std::chrono::milliseconds(250));
  CHECK(sample.size.bytes == 65536);
  CHECK(sample.networks.front().contains(parse_ip_address("127.0.0.2").value()));
}

TEST_CASE("load: a wrong value names its line, what is expected, and the default", "[config]") {
  const auto text = GENERATE(
      as<std::string>{}, "flag = 1", "[s]\nnumber = -1", "[s]\nnumber = \"5\"", "[s]\nwait = \"5\"",
      "[s]\nwait = \"5 s\"", "[s]\nwait = \"400d\"", "[s]\nwait = \"99999999999999999999s\"",
      "[s]\nsize = \"1GB\"", "[s]\ndomains = [\"a b\"]", "[s]\nnetworks = [\"10.0.0.0/33\"]");
  const auto sample = load_text(text);
  REQUIRE_FALSE(sample.has_value());
  INFO(sample.error().text());
  CHECK(sample.error().line == (text.starts_with("[s]") ? 2 : 1));
  CHECK(sample.error().problem.find("default") != std::string::npos);
}

TEST_CASE("check_keys: an unknown parameter is named with the nearest one", "[config]") {
  const std::vector<Row> rows(sample_table.begin(), sample_table.end());
  const auto checked = check_keys(parse_document("[s]\nnumbr = 3", "t.toml").value(), rows);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().text() ==
        "t.toml:2: unknown parameter \"s.numbr\"; the nearest one is s.number");
  CHECK(check_keys(parse_document("flag = true", "t.toml").value(), rows).has_value());
}

TEST_CASE("DomainList: a leading dot means every name below", "[config]") {
  const DomainList list{{"example.org", ".example.net"}};
  CHECK(list.matches("example.org"));
  CHECK_FALSE(list.matches("a.example.org"));
  CHECK(list.matches("a.b.example.net"));
  CHECK_FALSE(list.matches("example.net"));
  CHECK_FALSE(list.matches("badexample.net"));
}

TEST_CASE("manual and example: a heading where a section begins, and no other", "[config]") {
  const std::vector<Row> rows = {{"top", "text", "1", "Top."},
                                 {"s.a", "text", "2", "A."},
                                 {"s.b", "text", "3", "B."},
                                 {"t.c", "text", "4", "C."}};
  CHECK(manual(rows) ==
        "*top* = 1\n\tTop. (text)\n\n## [s]\n\n*a* = 2\n\tA. (text)\n\n*b* = 3\n\tB. (text)\n\n"
        "## [t]\n\n*c* = 4\n\tC. (text)\n\n");
  CHECK(example(rows) ==
        "# Top. (text)\n#top = 1\n\n[s]\n\n# A. (text)\n#a = 2\n\n# B. (text)\n#b = 3\n\n"
        "[t]\n\n# C. (text)\n#c = 4\n\n");
}

TEST_CASE("example: the printed file reads back as the defaults", "[config]") {
  const std::vector<Row> rows(sample_table.begin(), sample_table.end());
  std::string text = example(rows);
  for (std::size_t at = 0; (at = text.find("\n#", at)) != text.npos; ++at) {
    if (text[at + 2] != ' ') text.erase(at + 1, 1);  // uncomment the parameters
  }
  const auto document = parse_document(text, "example");
  REQUIRE(document.has_value());
  CHECK(document->size() == sample_table.size());
  CHECK(check_keys(*document, rows).has_value());
}

}  // namespace
}  // namespace postern::config
