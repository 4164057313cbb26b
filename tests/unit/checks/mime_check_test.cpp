#include "lib/checks/mime_check.hpp"

#include <algorithm>

#include "lib/checks/configuration.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

verdict::Findings run(const std::string& config_text, const std::string& body) {
  const auto document =
      config::parse_document("[mime]\nenabled = true\n" + config_text, "t").value();
  const auto settings = mime_check.load(document).value();
  const std::string raw = "Content-Type: multipart/mixed; boundary=b";
  mail::HeaderField field{raw, std::string_view(raw).substr(0, 12),
                          std::string_view(raw).substr(13)};
  const mail::HeaderSection header({field});
  const Services services;
  const verdict::Envelope envelope;
  const dns::Answers answers;
  const submission::KnownOwners owners;
  verdict::Findings findings;
  const auto general = load_configuration(document, "mx.example.org").value()->general;
  mail::Limits limits;
  limits.parts = general.mime_parts;
  Content content(header, raw, body, false, limits);
  Context context{services, envelope, answers,  0,       Stage::body, &header, nullptr,
                  nullptr,  owners,   &content, nullptr, nullptr,     true,    findings};
  Memory memory;
  CHECK(mime_check.run(context, settings.get(), memory).done);
  return findings;
}

TEST_CASE("mime check: a limit that is hit is named as its setting", "[checks]") {
  const std::string body = "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n";
  CHECK(run("", body).limits.empty());
  CHECK(run("", body).defects.empty());
  CHECK(run("parts = 2", body).limits == std::vector<std::string>{"mime.parts"});
}

TEST_CASE("mime check: what is odd is named", "[checks]") {
  const auto defects = run("", "--b\r\n\r\nnever ends\r\n").defects;
  CHECK(std::any_of(defects.begin(), defects.end(),
                    [](const std::string& name) { return name.starts_with("mime."); }));
}

}  // namespace
}  // namespace postern::checks
