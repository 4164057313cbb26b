// Tests of findings as text and JSON.
#include "lib/doctor/report.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

const Findings sample = {
    {"spf", "example.org", Severity::error, "has no SPF record", "", "publish: x"},
    {"certificate", "/c.pem", Severity::ok, "certificate is valid", "60 days left", ""},
    {"srv", "example.org", Severity::skipped, "--offline", "", ""},
};

TEST_CASE("format_text: aligned lines, remedies, and a sum", "[doctor]") {
  CHECK(format_text(sample) ==
        "ERROR    spf          example.org: has no SPF record\n"
        "                      -> publish: x\n"
        "ok       certificate  /c.pem: certificate is valid: 60 days left\n"
        "skipped  srv          example.org: --offline\n"
        "1 error, 1 ok, 1 skipped\n");
  CHECK(format_text({}) == "nothing to report\n");
}

TEST_CASE("format_text: text of strangers cannot add lines", "[doctor][security]") {
  const Findings findings = {{"mx", "a\nb", Severity::info, "x\r\ny\x1b[1m", "z\n", "r\n"}};
  CHECK(format_text(findings) == "info     mx  a?b: x??y?[1m: z?\n             -> r?\n1 info\n");
}

TEST_CASE("to_json: members", "[doctor]") {
  const auto json = to_json(sample);
  REQUIRE(json["findings"].size() == 3);
  CHECK(
      json["findings"][0].dump() ==
      R"({"name":"spf","subject":"example.org","severity":"error","text":"has no SPF record","remedy":"publish: x"})");
  CHECK(json["findings"][1]["text"] == "certificate is valid: 60 days left");
  CHECK(json["worst"] == "error");
  CHECK(json["counts"]["ok"] == 1);
}

TEST_CASE("exit_status: by severity", "[doctor]") {
  CHECK(exit_status(worst({})) == 0);
  CHECK(exit_status(Severity::skipped) == 0);
  CHECK(exit_status(Severity::info) == 0);
  CHECK(exit_status(Severity::warning) == 1);
  CHECK(exit_status(worst(sample)) == 2);
}

}  // namespace
}  // namespace postern::doctor
