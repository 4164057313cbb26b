// Tests of reading what postconf prints.
#include "lib/doctor/postfix_config.hpp"

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("parse_parameters: lines of postconf", "[doctor]") {
  const auto values = parse_parameters("a = b\nempty =\nwith = x = y, z\nno equals sign\n");
  REQUIRE(values.size() == 3);
  CHECK(values.at("a") == "b");
  CHECK(values.at("empty").empty());
  CHECK(values.at("with") == "x = y, z");
}

TEST_CASE("parse_master: chroot, command, and overrides", "[doctor]") {
  const auto services = parse_master(
      "smtp       inet  n       -       y       -       -       smtpd\n"
      "127.0.0.1:10025 inet n - - - - smtpd\n"
      "    -o smtpd_milters=\n"
      "pickup     unix  n       -       n       60      1       pickup\n"
      "short line\n",
      "127.0.0.1:10025/inet/smtpd_milters =\nsmtp/inet/x = y\nother/inet/x = z\nbad = 1\n");
  REQUIRE(services.size() == 3);
  CHECK(services[0].chroot);
  CHECK(services[0].command == "smtpd");
  CHECK(services[0].overrides.at("x") == "y");
  CHECK_FALSE(services[1].chroot);
  CHECK(services[1].overrides.count("smtpd_milters") == 1);
  CHECK(services[2].overrides.empty());
  PostfixConfig config;
  config.services = services;
  CHECK(config.is_chrooted("smtpd"));
  CHECK_FALSE(config.is_chrooted("pickup"));
}

TEST_CASE("PostfixConfig: absent is not empty", "[doctor]") {
  PostfixConfig config;
  config.values = {{"a", ""}};
  CHECK(config.find("a") == "");
  CHECK_FALSE(config.find("b"));
  CHECK(config.value("b").empty());
  CHECK_FALSE(config.is_set("a"));
  CHECK_FALSE(config.is_chrooted("smtpd"));
}

}  // namespace
}  // namespace postern::doctor
