// One call that validates the ARC chain of a message, for tests of both of its ends.
#pragma once

#include "lib/arc/validator.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::test {

/// What the validator says of a chain once DNS has answered from the zone. It must ask for all it
/// needs at once, and be done then; if it is not, the outcome says so in its reason.
[[nodiscard]] inline arc::Outcome validate_chain(const Message& message, const KeyZone& zone,
                                                 const dkim::Crypto& crypto,
                                                 std::int64_t now = test_now) {
  const mail::HeaderSection header = message.header();
  dkim::BodyHasher body(crypto);
  const arc::Validator validator(header, crypto, ascii_domain, body, {});
  body.update(message.body);
  body.finish();
  arc::Outcome wrong;
  dns::Answers answers;
  const auto first = validator.validate(answers, now);
  if (!first.is_done() && first.missing() != validator.questions()) {
    wrong.reason = "test: not every question was asked at first";
    return wrong;
  }
  answer(zone, validator.questions(), answers);
  const auto evaluation = validator.validate(answers, now);
  wrong.reason = "test: questions are missing after all were answered";
  return evaluation.is_done() ? evaluation.result() : wrong;
}

}  // namespace postern::test
