// What is done about attachments.
#include "lib/disposition/disposition.hpp"
#include "tests/support/catch.hpp"

namespace postern::disposition {
namespace {

using attachments::Finding;
using attachments::Kind;

Settings enforce() {
  Settings settings;
  settings.enforcement.mode = Mode::enforce;
  return settings;
}

verdict::Findings with(std::vector<Finding> list) {
  verdict::Findings findings;
  findings.attachments.emplace();
  findings.attachments->findings = std::move(list);
  return findings;
}

const Facts stranger{Direction::inbound, parse_ip_address("192.0.2.66").value()};
const Facts user{Direction::submission, parse_ip_address("192.0.2.66").value()};

TEST_CASE("decide: what attachments come to, by default", "[disposition][attachments]") {
  const auto [kind, action] = GENERATE(table<Kind, Action>({
      {Kind::executable, Action::reject},
      {Kind::extension, Action::reject},
      {Kind::double_extension, Action::reject},
      {Kind::deceptive_name, Action::reject},
      {Kind::type_mismatch, Action::tag},
      {Kind::damaged, Action::tag},
      {Kind::limit, Action::tag},
      {Kind::encrypted, Action::accept},
      {Kind::unread, Action::accept},
  }));
  const Decision decision = decide(with({{kind, "word", false, 1, "name"}}), stranger, enforce());
  CHECK(decision.action == action);
  CHECK_FALSE((decision.blames_sender && action != Action::accept));
}

TEST_CASE("decide: an attachment's reply says which type, and no name",
          "[disposition][attachments]") {
  const Decision decision =
      decide(with({{Kind::extension, "exe", true, 1, "a.zip/secret plan.exe"}}), user, enforce());
  CHECK(decision.reply.line() ==
        "550 5.7.1 Rejected: files of this type are not accepted (extension exe in an archive)");
  CHECK(decision.reason == "attachment: extension exe in an archive");
}

TEST_CASE("decide: of several attachments the strictest action counts",
          "[disposition][attachments]") {
  Settings settings = enforce();
  settings.on_extension_in_archive = Action::tag;
  const Finding archived{Kind::extension, "js", true, 1, ""};
  const Finding plain{Kind::extension, "exe", false, 2, ""};
  CHECK(decide(with({archived}), stranger, settings).action == Action::tag);
  CHECK(decide(with({archived, plain}), stranger, settings).action == Action::reject);
  CHECK(decide(with({}), stranger, settings).action == Action::accept);
  const Finding graver{Kind::executable, "pe", true, 1, ""};
  CHECK(decide(with({plain, graver, plain}), stranger, settings).reason ==
        "attachment: executable pe in an archive");
}

}  // namespace
}  // namespace postern::disposition
