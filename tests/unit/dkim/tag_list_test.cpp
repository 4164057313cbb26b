#include "lib/dkim/tag_list.hpp"

#include "tests/support/catch.hpp"

namespace postern::dkim {
namespace {

TEST_CASE("parse_tag_list: values are trimmed, offsets are those of the text",
          "[dkim][rfc6376-3.2]") {
  const std::string_view text = " v=1; b =\r\n\tAB C ;\tn=a=b:c\x21;";
  const auto list = parse_tag_list(text);
  REQUIRE(list);
  REQUIRE(list->tags().size() == 3);
  const Tag* b = list->find("b");
  REQUIRE(b != nullptr);
  CHECK(b->value == "AB C");
  CHECK(text.substr(b->begin, b->end - b->begin) == "\r\n\tAB C ");
  CHECK(list->find("n")->value == "a=b:c!");
  CHECK(list->find("V") == nullptr);
}

TEST_CASE("parse_tag_list: what is no tag list", "[dkim][rfc6376-3.2][security]") {
  struct Row {
    std::string text;
    std::string_view problem;
  };
  const Row rows[] = {
      {"", "no tags"},
      {" \r\n ", "no tags"},
      {"a=1;;b=2", "tag name does not begin with a letter"},
      {"a=1; ; b=2", "tag name does not begin with a letter"},
      {"a=1; =2", "tag name does not begin with a letter"},
      {"1a=1", "tag name does not begin with a letter"},
      {"a", "tag without an equals sign"},
      {"a b=1", "tag without an equals sign"},
      {"a-b=1", "tag without an equals sign"},
      {"a=1; b=2; a=1", "tag occurs twice"},
      {std::string("a=1\0", 4), "control character in a tag"},
      {"a=1\x7f", "control character in a tag"},
      {"a=\x01", "control character in a tag"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto list = parse_tag_list(row.text);
    REQUIRE_FALSE(list);
    CHECK(list.error().problem == row.problem);
    CHECK(list.error().offset <= row.text.size());
  }
}

TEST_CASE("parse_tag_list: names are case-sensitive, UTF-8 may stand in values", "[dkim]") {
  CHECK(parse_tag_list("a=1; A=2"));
  CHECK(parse_tag_list("d=\xc3\xbc.example"));
}

TEST_CASE("parse_tag_list: the number of tags is bounded", "[dkim][security]") {
  std::string text;
  for (std::size_t i = 0; i < max_tags; ++i) text += "t" + std::to_string(i) + "=;";
  CHECK(parse_tag_list(text));
  CHECK_FALSE(parse_tag_list(text + "more="));
}

TEST_CASE("split_value: items are trimmed, empty ones left out", "[dkim]") {
  CHECK(split_value("from : to::\r\n date:") ==
        std::vector<std::string_view>{"from", "to", "date"});
  CHECK(split_value("").empty());
}

}  // namespace
}  // namespace postern::dkim
