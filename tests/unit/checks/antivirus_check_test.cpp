#include "lib/checks/antivirus_check.hpp"

#include "lib/antivirus/settings.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

using antivirus::ObjectKind;
using antivirus::Result;

const std::string multipart =
    "--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n";

std::string joined(const antivirus::Scannable& object) {
  std::string text;
  for (const std::string_view piece : object.pieces) text += piece;
  return text;
}

// One message before the check.
class Trial {
 public:
  Trial(const std::string& config_text, std::string body, bool is_cut = false,
        const mail::Limits& limits = {})
      : body_(std::move(body)), content_(header_, header_text_, body_, is_cut, limits) {
    const auto document =
        config::parse_document("[antivirus]\nenabled = true\n" + config_text, "t").value();
    settings_ = antivirus_check.load(document).value();
  }

  Progress run(const antivirus::Report* scan = nullptr) {
    Context context{services_, envelope_, answers_,  0,    Stage::body, &header_, nullptr,
                    nullptr,   owners_,   &content_, scan, nullptr,     true,     findings};
    return antivirus_check.run(context, settings_.get(), memory_);
  }

  verdict::Findings findings;

 private:
  const std::string raw_ = "Content-Type: multipart/mixed; boundary=b";
  const std::string header_text_ = raw_ + "\r\n";
  mail::HeaderField field_{raw_, std::string_view(raw_).substr(0, 12),
                           std::string_view(raw_).substr(13)};
  mail::HeaderSection header_{{field_}};
  std::string body_;
  Content content_;
  Services services_;
  verdict::Envelope envelope_;
  dns::Answers answers_;
  submission::KnownOwners owners_;
  std::shared_ptr<const void> settings_;
  Memory memory_;
};

TEST_CASE("antivirus check: asks for the message and what is attached", "[checks]") {
  Trial trial("", multipart);
  const Progress progress = trial.run();
  CHECK_FALSE(progress.done);
  REQUIRE(progress.missing_scan.size() == 2);
  CHECK(progress.missing_scan[0].kind == ObjectKind::message);
  CHECK(joined(progress.missing_scan[0]) ==
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + multipart);
  CHECK(progress.missing_scan[1].kind == ObjectKind::attachment);
  CHECK(joined(progress.missing_scan[1]) == "hello");

  antivirus::Report report;
  report.outcomes = {{Result::clean, ""}, {Result::infected, "X"}};
  CHECK(trial.run(&report).done);
  REQUIRE(trial.findings.antivirus);
  CHECK(gravest(*trial.findings.antivirus).result == Result::infected);
}

TEST_CASE("antivirus check: attachments only", "[checks]") {
  Trial trial("scan = \"attachments\"", multipart);
  const Progress progress = trial.run();
  REQUIRE(progress.missing_scan.size() == 1);
  CHECK(progress.missing_scan[0].kind == ObjectKind::attachment);
  Trial without("scan = \"attachments\"", "--b\r\n\r\ntext\r\n--b--\r\n");
  CHECK(without.run().done);
  REQUIRE(without.findings.antivirus);
  CHECK(gravest(*without.findings.antivirus).result == Result::clean);
}

TEST_CASE("antivirus check: what is too large is unscannable, and the rest is scanned",
          "[checks]") {
  Trial trial("max_size = \"8B\"", multipart);
  const Progress progress = trial.run();
  REQUIRE(progress.missing_scan.size() == 1);
  CHECK(joined(progress.missing_scan[0]) == "hello");
  antivirus::Report report;
  report.outcomes = {{Result::clean, ""}};
  CHECK(trial.run(&report).done);
  CHECK(gravest(*trial.findings.antivirus).result == Result::unscannable);
  CHECK(gravest(*trial.findings.antivirus).name == "over antivirus.max_size");
}

TEST_CASE("antivirus check: a body that was cut is unscannable", "[checks]") {
  Trial trial("", multipart, true);
  CHECK_FALSE(trial.run().done);
  antivirus::Report report;
  report.outcomes = {{Result::clean, ""}, {Result::clean, ""}};
  CHECK(trial.run(&report).done);
  CHECK(gravest(*trial.findings.antivirus).name == "over limits.body_size");
}

TEST_CASE("antivirus check: parts that are not told apart are unscannable", "[checks][security]") {
  std::string body;
  for (int i = 0; i < 40; ++i) body += "--b\r\n\r\n" + std::to_string(i) + "\r\n";
  mail::Limits limits;
  limits.parts = 10;
  Trial trial("", body + "--b--\r\n", false, limits);
  CHECK_FALSE(trial.run().done);
  antivirus::Report report;
  report.outcomes.resize(1);
  CHECK(trial.run(&report).done);
  CHECK(gravest(*trial.findings.antivirus).name == "over mime.parts");
}

TEST_CASE("antivirus check: more attachments than are scanned one by one", "[checks]") {
  std::string body;
  for (std::size_t i = 0; i < antivirus::max_objects + 1; ++i) {
    body += "--b\r\nContent-Type: image/png\r\n\r\n" + std::to_string(i) + "\r\n";
  }
  body += "--b--\r\n";
  Trial whole("", body);
  CHECK(whole.run().missing_scan.size() == antivirus::max_objects);
  antivirus::Report report;
  report.outcomes.resize(antivirus::max_objects);
  CHECK(whole.run(&report).done);
  CHECK(gravest(*whole.findings.antivirus).name == "too many attachments");
  Trial parts("scan = \"attachments\"", body);
  CHECK(parts.run().missing_scan.size() == antivirus::max_objects);
  CHECK(parts.run(&report).done);
  CHECK(gravest(*parts.findings.antivirus).name == "too many attachments");
}

TEST_CASE("antivirus check: whose mail it is for", "[checks]") {
  using disposition::Direction;
  const auto load = [](const std::string& text) {
    return antivirus_check.load(config::parse_document(text, "t").value()).value();
  };
  const auto off = load("");
  CHECK_FALSE(antivirus_check.applies(off.get(), Direction::inbound));
  const auto all = load("[antivirus]\nenabled = true\n");
  CHECK(antivirus_check.applies(all.get(), Direction::inbound));
  CHECK(antivirus_check.applies(all.get(), Direction::submission));
  CHECK(antivirus_check.applies(all.get(), Direction::local));
  const auto strangers = load("[antivirus]\nenabled = true\nown_mail = false\n");
  CHECK(antivirus_check.applies(strangers.get(), Direction::inbound));
  CHECK_FALSE(antivirus_check.applies(strangers.get(), Direction::submission));
}

}  // namespace
}  // namespace postern::checks
