#include "lib/checks/attachments_check.hpp"

#include "lib/io/zlib/inflate.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

using Words = std::vector<std::string>;

// One message before the check.
class Trial {
 public:
  explicit Trial(std::string body, bool is_cut = false, const mail::Limits& limits = {})
      : body_(std::move(body)), content_(header_, raw_, body_, is_cut, limits) {
    services_.attachments.inflate = io::inflate;
    settings_ = attachments_check.load(config::parse_document("", "t").value()).value();
  }

  Words run() {
    Context context{services_, envelope_, answers_,  0,       Stage::body, &header_, nullptr,
                    nullptr,   owners_,   &content_, nullptr, nullptr,     true,     findings};
    CHECK(attachments_check.run(context, settings_.get(), memory_).done);
    REQUIRE(findings.attachments);
    Words words;
    for (const auto& finding : findings.attachments->findings) words.push_back(describe(finding));
    return words;
  }

  verdict::Findings findings;

 private:
  const std::string raw_ = "Content-Type: multipart/mixed; boundary=b";
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

std::string with_attachment(const std::string& name) {
  return "--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/octet-stream\r\n"
         "Content-Disposition: attachment; filename=\"" +
         name + "\"\r\n\r\nhello\r\n--b--\r\n";
}

TEST_CASE("attachments check: judges what is attached", "[checks]") {
  CHECK(Trial(with_attachment("a.pdf")).run().empty());
  CHECK(Trial(with_attachment("a.exe")).run() == Words{"extension exe"});
}

TEST_CASE("attachments check: what was not seen is said", "[checks][security]") {
  CHECK(Trial(with_attachment("a.pdf"), true).run() == Words{"limit limits.body_size"});
  mail::Limits limits;
  limits.parts = 1;
  CHECK(Trial(with_attachment("a.pdf"), false, limits).run() == Words{"limit mime.parts"});
  verdict::Findings findings;
  attachments_check.give_up(findings, "limits.header_size");
  REQUIRE(findings.attachments);
  CHECK(describe(*gravest(*findings.attachments)) == "limit limits.header_size");
}

TEST_CASE("attachments check: is for mail of strangers, and for ours if asked", "[checks]") {
  using disposition::Direction;
  const auto applies = [](const std::string& text, Direction direction) {
    const auto document = config::parse_document("[attachments]\n" + text, "t").value();
    return attachments_check.applies(attachments_check.load(document).value().get(), direction);
  };
  CHECK_FALSE(applies("", Direction::inbound));
  CHECK(applies("enabled = true", Direction::inbound));
  CHECK(applies("enabled = true", Direction::submission));
  CHECK_FALSE(applies("enabled = true\nown_mail = false", Direction::submission));
}

}  // namespace
}  // namespace postern::checks
