#include "lib/setup/main_cf.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

constexpr std::string_view text =
    "# my server\n"
    "myhostname = mail.example.org\n"
    "smtpd_recipient_restrictions =\n"
    "    # trusted first\n"
    "    permit_mynetworks,\n"
    "\n"
    "    reject_unauth_destination\n"
    "# the end\n"
    "mynetworks = 127.0.0.0/8\n";

TEST_CASE("main.cf: a parameter is found by its whole name", "[setup]") {
  CHECK(has_parameter(text, "myhostname"));
  CHECK(has_parameter(text, "smtpd_recipient_restrictions"));
  CHECK_FALSE(has_parameter(text, "smtpd_recipient"));
  CHECK_FALSE(has_parameter(text, "my"));
  CHECK_FALSE(has_parameter("#myhostname = x\n", "myhostname"));
}

TEST_CASE("main.cf: words are put in front of a list, whose lines stay", "[setup]") {
  CHECK(put_first(text, "smtpd_recipient_restrictions", "$ours") ==
        "# my server\n"
        "myhostname = mail.example.org\n"
        "smtpd_recipient_restrictions = $ours,\n"
        "    # trusted first\n"
        "    permit_mynetworks,\n"
        "\n"
        "    reject_unauth_destination\n"
        "# the end\n"
        "mynetworks = 127.0.0.0/8\n");
  CHECK(put_first("a = b c\n", "a", "$ours") == "a = $ours, b c\n");
  CHECK(put_first("a=b\n", "a", "$ours") == "a= $ours, b\n");
  CHECK(put_first("a =\nb = c\n", "a", "$ours") == "a = $ours\nb = c\n");
  CHECK(put_first("b = c", "a", "$ours") == "b = c\na = $ours\n");
}

TEST_CASE("main.cf: words are put behind a list", "[setup]") {
  CHECK(put_last("a =\n  b,\n  c\nd = e\n", "a", "map") == "a =\n  b,\n  c, map\nd = e\n");
  CHECK(put_last("a = b,\n", "a", "map") == "a = b, map\n");
  CHECK(put_last("a = b", "a", "map") == "a = b, map");
  CHECK(put_last("", "a", "map") == "a = map\n");
}

TEST_CASE("main.cf: the last definition counts, as for Postfix", "[setup]") {
  CHECK(set_parameter("a = 1\nb = 2\na = 3\n", "a", "4") == "a = 1\nb = 2\na = 4\n");
  CHECK(put_first("a = 1\na = 3\n", "a", "x") == "a = 1\na = x, 3\n");
  CHECK(remove_parameter("a = 1\nb = 2\na = 3\n", "a") == "b = 2\n");
}

TEST_CASE("main.cf: one element is taken out of a list", "[setup]") {
  CHECK(take_out("a = $ours, b\n", "a", "$ours") == "a = b\n");
  CHECK(take_out("a = $ours,\n  b\n", "a", "$ours") == "a =\n  b\n");
  CHECK(take_out("a = b, $ours\n", "a", "$ours") == "a = b\n");
  CHECK(take_out("a = $ours_too { $ours } b\n", "a", "$ours") == "a = $ours_too { $ours } b\n");
}

TEST_CASE("main.cf: a value replaces all lines of a parameter", "[setup]") {
  CHECK(set_parameter("a =\n  b\n  c\n# d\ne = f\n", "a", "x") == "a = x\n# d\ne = f\n");
}

}  // namespace
}  // namespace postern::setup
