#include "milters/session.hpp"

#include <algorithm>
#include <stdexcept>

#include "lib/io/wall_clock.hpp"

namespace postern {
namespace {

using checks::Stage;
using disposition::Action;
using disposition::Direction;

// Set by Postfix for its submission services (milter_macro_daemon_name).
constexpr std::string_view submission_daemon_name = "ORIGINATING";

std::string_view without_brackets(std::string_view path) {
  if (path.starts_with('<')) path.remove_prefix(1);
  if (path.ends_with('>')) path.remove_suffix(1);
  return path;
}

io::Budget make_budget(const checks::GeneralSettings& settings) {
  return {settings.dns_budget, settings.dns_timeout, settings.max_questions};
}

bool is_loopback(const IpAddress& ip) {
  return ip.is_v4() ? ip.bytes()[0] == 127 : ip.text() == "::1";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ',';
    text += word;
  }
  return text;
}

// How long the tables of logins may keep one message waiting.
constexpr std::chrono::seconds owners_budget{10};

// "pass/a.example,fail/b.example" for the log.
std::string signatures_text(const std::vector<dkim::Outcome>& signatures) {
  if (signatures.empty()) return "none";
  std::vector<std::string> words;
  words.reserve(signatures.size());
  for (const dkim::Outcome& signature : signatures) {
    words.push_back(std::string(to_token(signature.result)) +
                    (signature.domain.empty() ? "" : "/" + signature.domain));
  }
  return join(words);
}

// The score and the rules that made it, the weightiest first.
void log_spam(report::LogLine& line, const antispam::Outcome& outcome) {
  using Spam = antispam::Outcome::Result;
  line.add("spam", to_word(outcome.result));
  if (!outcome.problem.empty()) line.add("spam_reason", outcome.problem);
  const bool has_score = outcome.result == Spam::ham || outcome.result == Spam::spam;
  if (!has_score && !outcome.over_budget) return;
  line.add("score", antispam::score_text(outcome.score));
  std::vector<std::string> names;
  names.reserve(outcome.hits.size());
  for (const auto& [name, score] : outcome.hits) names.push_back(name);
  if (!names.empty()) line.add("rules", join(names));
  if (!outcome.listed.empty()) line.add("listed", outcome.listed);
  if (!outcome.over_limit.empty()) line.add("rules_over_limit", join(outcome.over_limit));
  if (!outcome.unasked.empty()) line.add("rules_unasked", antispam::some_of(outcome.unasked));
  if (outcome.over_budget) line.add("spam_budget", "exceeded");
}

std::string_view domain_part(std::string_view mail_from) {
  const std::size_t at = mail_from.rfind('@');
  return at == mail_from.npos ? std::string_view() : mail_from.substr(at + 1);
}

}  // namespace

Session::Message::Message(std::shared_ptr<const checks::Configuration> config,
                          verdict::Envelope from, Direction way, Shared& shared)
    : configuration(std::move(config)),
      transaction(configuration, shared.services, std::move(from), way, shared.outbound.keys()),
      inquiry(shared.resolver.inquiry(make_budget(configuration->general))),
      in_flight(shared.in_flight) {
  lists = shared.resolver.inquiry(
      list_budget(configuration->general, configuration->antispam_rules->filter.get()));
}

Session::~Session() {
  finish();
}

void Session::on_connect(const milter::Client& client, const milter::Macros& macros) {
  finish();
  client_ = client;
  daemon_name_ = macros.get("{daemon_name}");
  helo_.clear();
}

void Session::on_helo(std::string_view helo) {
  helo_ = helo;
}

// Mail of our own is not judged. Postfix announces mail from sendmail(1) as coming from 127.0.0.1,
// port 0, which no connection has. A client whose address nobody knows is a stranger: mail of our
// own is signed.
Direction Session::direction(const checks::Configuration& configuration,
                             const milter::Macros& macros) const {
  if (!macros.get("{auth_authen}").empty() || daemon_name_ == submission_daemon_name) {
    return Direction::submission;
  }
  if (!client_.ip) return Direction::inbound;
  if (client_.port == 0 && is_loopback(*client_.ip)) return Direction::local;
  const auto& networks = configuration.general.local_networks;
  const bool is_local =
      std::any_of(networks.begin(), networks.end(),
                  [&](const IpNetwork& network) { return network.contains(*client_.ip); });
  return is_local ? Direction::local : Direction::inbound;
}

void Session::on_mail(std::string_view path, const milter::Macros& macros) {
  finish();
  auto configuration = shared_.configuration.get();
  verdict::Envelope envelope;
  envelope.client_ip = client_.ip.value_or(IpAddress());
  if (!client_.name.starts_with('[') && client_.name != "unknown")
    envelope.client_name = client_.name;
  envelope.helo = helo_;
  envelope.rfc5321_mail_from = without_brackets(path);
  envelope.receiver = configuration->general.authserv_id;
  envelope.login = macros.get("{auth_authen}");
  const Direction way = direction(*configuration, macros);
  message_.emplace(std::move(configuration), std::move(envelope), way, shared_);
  advance();
}

void Session::on_recipient(std::string_view path) {
  if (message_) message_->transaction.add_recipient(without_brackets(path));
}

void Session::on_data() {
  advance();
}

// Takes what DNS has said meanwhile and asks what follows from it; never waits.
void Session::advance() {
  if (!message_) return;
  message_->inquiry->collect(message_->answers);
  message_->inquiry->ask(
      message_->transaction.advance(message_->stage, message_->answers, io::seconds_since_epoch()));
}

// A message without header fields begins with the end of its header.
void Session::begin_content() {
  if (!message_) throw std::logic_error("content without MAIL");
  if (message_->content_started != std::chrono::steady_clock::time_point{}) return;
  message_->content_started = std::chrono::steady_clock::now();
  message_->in_flight.content_begins();
  advance();
}

void Session::on_header_field(std::string_view name, std::string_view value) {
  if (!message_) throw std::logic_error("header field without MAIL");
  begin_content();
  message_->transaction.add_header_field(name, value);
}

void Session::on_end_of_header() {
  if (!message_) throw std::logic_error("end of header without MAIL");
  if (message_->stage >= Stage::header) return;
  begin_content();
  message_->stage = Stage::header;
  advance();
}

void Session::on_body(std::string_view bytes) {
  if (!message_) throw std::logic_error("body without MAIL");
  on_end_of_header();
  message_->transaction.add_body(bytes);
}

milter::Reply Session::on_end_of_message(milter::Actions& actions) {
  if (!message_) throw std::logic_error("end of message without MAIL");
  on_end_of_header();
  message_->stage = Stage::body;
  message_->inquiry->collect(message_->answers);
  const auto owners_deadline = std::chrono::steady_clock::now() + owners_budget;
  while (true) {
    const dns::Questions missing =
        message_->transaction.advance(Stage::body, message_->answers, io::seconds_since_epoch());
    const dns::Questions lists = message_->transaction.missing_lists();
    if (missing.empty() && lists.empty() && message_->transaction.missing_owners().empty() &&
        message_->transaction.missing_scan().empty()) {
      break;
    }
    message_->inquiry->ask(missing);
    message_->lists->ask(lists);
    scan();  // while DNS answers
    message_->inquiry->wait(message_->answers);
    message_->lists->wait(message_->answers);
    look_up_owners(owners_deadline);
  }
  report::Verdict verdict = message_->transaction.verdict();
  if (message_->inquiry->limit_hit()) verdict.findings.limits.emplace_back("dns.max_questions");
  const milter::Reply reply = apply(actions, verdict);
  log(actions, verdict);
  tell_of_lists(actions, verdict);
  shared_.feed.tell(verdict, message_->transaction.envelope(), actions.get("i"));
  finish();
  return reply;
}

// Asks the tables of logins, one address after the other; those that time does not allow are not
// known.
void Session::look_up_owners(std::chrono::steady_clock::time_point deadline) {
  if (!message_) throw std::logic_error("owners without MAIL");
  const auto logins = shared_.outbound.logins();
  const std::vector<std::string> addresses = message_->transaction.missing_owners();
  for (const std::string& address : addresses) {
    message_->transaction.add_owners(address, logins->find(address, deadline));
  }
  const std::string problem = logins->take_problem();
  if (problem.empty()) return;
  auto line = io::Log::line(event::logins_unreadable);
  shared_.log.write(event::logins_unreadable, line.add("problem", problem));
}

// Asks the scanners of the configuration that the message began with.
void Session::scan() {
  if (!message_) throw std::logic_error("scan without MAIL");
  const auto& objects = message_->transaction.missing_scan();
  if (objects.empty()) return;
  const antivirus::Settings& settings = message_->configuration->antivirus;
  antivirus::Report report = shared_.scanner.scan(objects, settings.scanners, settings.timeout);
  message_->transaction.add_scan(std::move(report));
}

milter::Reply Session::apply(milter::Actions& actions, const report::Verdict& verdict) {
  const disposition::Decision& decision = verdict.decision;
  if (decision.action == Action::reject || decision.action == Action::defer) {
    const auto& reply = decision.reply;
    if (!actions.set_reply(reply.code, reply.enhanced_code, reply.text)) {
      throw std::runtime_error("reply refused by libmilter");
    }
    return decision.action == Action::reject ? milter::Reply::reject : milter::Reply::tempfail;
  }
  if (decision.action == Action::discard) return milter::Reply::discard;
  bool done = true;
  for (const report::RemovedField& field : verdict.removed) {
    done = actions.remove(field.name, field.index) && done;
  }
  for (auto field = verdict.inserted.rbegin(); field != verdict.inserted.rend(); ++field) {
    done = actions.insert_on_top(field->name, field->body) && done;
  }
  if (decision.action == Action::quarantine) done = actions.hold(decision.reason) && done;
  if (done) return milter::Reply::accept;

  auto line = io::Log::line(event::action_refused);
  line.add("queue_id", actions.get("i")).add("what", "change of header fields or hold");
  shared_.log.write(event::action_refused, line);
  const bool accept =
      message_->configuration->general.milter_failure == disposition::FailMode::accept;
  return accept ? milter::Reply::accept : milter::Reply::tempfail;
}

void Session::log(const milter::Macros& macros, const report::Verdict& verdict) const {
  if (!message_) throw std::logic_error("log without MAIL");
  const verdict::Findings& findings = verdict.findings;
  const disposition::Decision& decision = verdict.decision;
  const verdict::Envelope& envelope = message_->transaction.envelope();
  auto line = io::Log::line(event::message);
  line.add("queue_id", macros.get("i")).add("client_ip", envelope.client_ip.text());
  line.add("helo", envelope.helo);
  line.add("mail_from_domain", domain_part(envelope.rfc5321_mail_from));
  if (findings.dmarc) line.add("author_domain", findings.dmarc->author_domain);
  line.add("direction", to_word(message_->transaction.direction()));
  if (findings.spf) line.add("spf", to_token(findings.spf->result));
  if (findings.spf_helo) line.add("spf_helo", to_token(findings.spf_helo->result));
  if (findings.dkim) line.add("dkim", signatures_text(*findings.dkim));
  if (findings.arc) line.add("arc", to_token(findings.arc->result));
  if (findings.dmarc) {
    line.add("dmarc", to_token(findings.dmarc->result));
    line.add("policy", to_token(findings.dmarc->policy));
  }
  if (findings.antivirus) {
    const antivirus::Outcome worst = antivirus::gravest(*findings.antivirus);
    line.add("virus", to_word(worst.result));
    if (!worst.name.empty()) line.add("virus_name", worst.name);
    line.add("scan_ms", findings.antivirus->took.count());
  }
  if (findings.attachments) {
    const attachments::Finding* const worst = gravest(*findings.attachments);
    line.add("attachments", worst == nullptr ? "ok" : describe(*worst));
  }
  if (findings.antispam) log_spam(line, *findings.antispam);
  if (findings.submission) line.add("submission", to_token(findings.submission->result));
  if (!verdict.signing.signers.empty()) line.add("signed", join(verdict.signing.signers));
  if (!verdict.signing.reason.empty()) line.add("unsigned", verdict.signing.reason);
  line.add("action", to_word(decision.action));
  if (decision.wanted != decision.action) line.add("wanted", to_word(decision.wanted));
  if (!decision.reason.empty()) line.add("reason", decision.reason);
  if (!decision.override_reason.empty()) line.add("override", decision.override_reason);
  if (!findings.limits.empty()) line.add("limits", join(findings.limits));
  if (!verdict.removed.empty())
    line.add("removed", static_cast<std::int64_t>(verdict.removed.size()));
  const auto took = std::chrono::steady_clock::now() - message_->content_started;
  line.add("dns_ms", (message_->inquiry->waited() + message_->lists->waited()).count());
  line.add("ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  shared_.log.write(event::message, line);
}

void Session::tell_of_lists(const milter::Macros& macros, const report::Verdict& verdict) const {
  if (!verdict.findings.antispam) return;
  for (const std::string& news : verdict.findings.antispam->list_news) {
    auto line = io::Log::line(event::list_paused);
    line.add("queue_id", macros.get("i")).add("detail", news);
    shared_.log.write(event::list_paused, line);
  }
}

void Session::on_abort() noexcept {
  finish();
}

void Session::finish() {
  message_.reset();
}

}  // namespace postern
