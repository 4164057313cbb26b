#include "lib/keyring/ucl.hpp"

#include "tests/support/catch.hpp"

namespace postern::keyring {
namespace {

// "a.b=value@line", one for each value.
std::string flat(std::string_view text) {
  const auto values = parse_ucl(text);
  if (!values) {
    return "line " + std::to_string(values.error().line) + ": " +
           std::string(values.error().problem);
  }
  std::string out;
  for (const UclValue& value : *values) {
    std::string path;
    for (const std::string& name : value.path) path += (path.empty() ? "" : "/") + name;
    out += (out.empty() ? "" : " ") + path + "=" + value.value + "@" + std::to_string(value.line);
  }
  return out;
}

TEST_CASE("parse_ucl: the forms that configurations use", "[keyring]") {
  struct Row {
    std::string_view text, flat;
  };
  const Row rows[] = {
      {"", ""},
      {"a = b;", "a=b@1"},
      {"a = b", "a=b@1"},
      {"a: b\nc: d", "a=b@1 c=d@2"},
      {"a b;", "a=b@1"},
      {"a \"b c\";", "a=b c@1"},
      {"\"a b\" = 'c';", "a b=c@1"},
      {"a = \"x\\\"y\\\\\\n\";", "a=x\"y\\\n@1"},
      {"a { b = c; d = e }", "a/b=c@1 a/d=e@1"},
      {"a { b = c }\nd = e;", "a/b=c@1 d=e@2"},
      {"a\n{\n b = c;\n}", "a/b=c@3"},
      {"a example.org {\n b = c;\n}\nx = y;", "a/example.org/b=c@2 x=y@4"},
      {"a \"q r\" { b = c; }", "a/q r/b=c@1"},
      {"a = [b, c];", "a/0=b@1 a/1=c@1"},
      {"a [ { b = 1; }, { b = 2; c = 3 } ]", "a/0/b=1@1 a/1/b=2@1 a/1/c=3@1"},
      {"a [\n{ b: 1 }\n{ b: 2 }\n] z = 9", "a/0/b=1@2 a/1/b=2@3 z=9@4"},
      {"a = { b = c }", "a/b=c@1"},
      {"# comment\na = b; # another\n/* x /* nested */ y */ c = d;", "a=b@2 c=d@3"},
      {"path = /x/$domain.$selector.key;", "path=/x/$domain.$selector.key@1"},
      {"path = \"${DBDIR}/dkim\";", "path=${DBDIR}/dkim@1"},
      {"a { path = ${DBDIR}/dkim }", "a/path=${DBDIR}/dkim@1"},
      {"a = <<EOD\none\n two\nEOD\nb = c", "a=one\n two@1 b=c@5"},
      {".include(try=true) \"x.conf\"\na = b", ".include=(try=true) \"x.conf\"@1 a=b@2"},
      {"a { .include \"x\"\n b = c }", "a/.include= \"x\"@1 a/b=c@2"},
      {";;,, a = b,, c = d", "a=b@1 c=d@1"},
      {"a {}", ""},
      {"a {} b = 1", "b=1@1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(flat(row.text) == row.flat);
  }
}

TEST_CASE("parse_ucl: what is wrong, and where", "[keyring][security]") {
  struct Row {
    std::string text;
    std::string_view problem;
  };
  const Row rows[] = {
      {"a {\n b = c", "line 2: ends inside a block"},
      {"a = b;\n}", "line 2: closes what is not open"},
      {"a { b = c ]", "line 1: closes what is not open"},
      {"a = \"b", "line 1: has a quote without its end"},
      {"a = \"b\nc\"", "line 1: has a quote without its end"},
      {"a = ;", "line 1: has a name without a value"},
      {"a", "line 1: has a name without a value"},
      {"= b", "line 1: has a value without a name"},
      {"/* x", "line 1: ends inside a comment"},
      {"a = <<EOD\nx\n", "line 3: has a << text without its end"},
      {"a = << x", "line 1: has << without a word after it"},
      {std::string(257, 'a') + " = b", "line 1: has a name that is too long"},
      {"a " + std::string(257, 'a') + " { b = c }", "line 1: has a name that is too long"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 20));
    CHECK(flat(row.text) == row.problem);
  }
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "a{";
  CHECK(flat(deep) == "line 1: has blocks nested too deep");
  std::string many;
  for (int i = 0; i < 100'002; ++i) many += "a=b\n";
  CHECK(flat(many).ends_with("has too many values"));
}

}  // namespace
}  // namespace postern::keyring
