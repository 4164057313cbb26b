#include "lib/checks/submission_check.hpp"

#include "lib/base/ascii.hpp"

namespace postern::checks {
namespace {

struct SubmissionSettings {
  bool enabled = false;
};

// What is done about it belongs to the decision, and so does the parameter; here it only says
// whether anybody wants to know.
Expected<std::shared_ptr<const void>, config::ConfigError> load(const config::Document& document) {
  const auto decision = config::load(disposition::settings_table(), document);
  if (!decision) return Unexpected<config::ConfigError>(decision.error());
  auto settings = std::make_shared<SubmissionSettings>();
  settings->enabled = decision->check_author != disposition::CheckAuthor::off;
  return std::shared_ptr<const void>(std::move(settings));
}

Progress run(Context& context, const void* /*settings*/, Memory& /*memory*/) {
  if (context.envelope.login.empty()) {
    context.findings.submission.emplace();  // none: a service for users, and nobody logged in
    return {true, {}};
  }
  submission::Request request;
  request.login = context.envelope.login;
  request.rfc5321_mail_from = context.envelope.rfc5321_mail_from;
  if (context.keys != nullptr) request.own_domains = context.keys->domains();
  const std::size_t at = request.login.rfind('@');
  if (at != request.login.npos) {
    request.own_domains.push_back(ascii::to_lower(std::string_view(request.login).substr(at + 1)));
  }
  auto evaluation = submission::check_authors(request, *context.header, context.services.to_ascii,
                                              context.owners);
  if (!evaluation.missing.empty()) return {false, {}, std::move(evaluation.missing)};
  context.findings.submission = std::move(evaluation.outcome);
  return {true, {}};
}

constexpr Check make_submission_check() {
  Check check;
  check.name = "submission";
  check.stage = Stage::header;
  check.doc = "Do the addresses of a submitted message belong to its login? (RFC 6409)";
  check.rows = [] { return std::vector<config::Row>(); };
  check.load = load;
  check.applies = [](const void* settings, disposition::Direction direction) {
    return direction == disposition::Direction::submission &&
           static_cast<const SubmissionSettings*>(settings)->enabled;
  };
  check.run = run;
  return check;
}

}  // namespace

constinit const Check submission_check = make_submission_check();

}  // namespace postern::checks
