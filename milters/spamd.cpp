#include "milters/spamd.hpp"

#include <chrono>
#include <optional>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/antispam/report/spam_verdict.hpp"
#include "lib/checks/antispam_circumstances.hpp"
#include "lib/checks/earlier_results.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"
#include "lib/io/training/event_id.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/training/line_ends.hpp"

namespace postern {
namespace {

namespace protocol = antispam::spamd;
using antispam::Judging;
using protocol::Method;
using protocol::Request;

// Rules that ask DNS ask again about what they are told: a chain of CNAMEs is followed elsewhere,
// so few rounds are enough, and no answer makes more of them.
constexpr int max_rounds = 8;

std::string refuse(const protocol::Refusal& refusal) {
  return protocol::format_refusal(refusal);
}

std::string content_of(Judging& judging, Method method) {
  switch (method) {
    case Method::symbols: return antispam::test_names(judging.verdict(), ",");
    case Method::report: return judging.report();
    case Method::report_ifspam: return judging.verdict().is_spam() ? judging.report() : "";
    case Method::process: return judging.rewritten(std::random_device()());
    case Method::headers:
      return std::string(protocol::header_section(judging.rewritten(std::random_device()())));
    case Method::check:
    case Method::ping:
    case Method::skip:
    case Method::tell: break;
  }
  return {};
}

std::string_view word_of(Method method) {
  switch (method) {
    case Method::check: return "CHECK";
    case Method::symbols: return "SYMBOLS";
    case Method::report: return "REPORT";
    case Method::report_ifspam: return "REPORT_IFSPAM";
    case Method::process: return "PROCESS";
    case Method::headers: return "HEADERS";
    case Method::ping: return "PING";
    case Method::skip: return "SKIP";
    case Method::tell: return "TELL";
  }
  return "";
}

// What a client says of its message; nothing where it does not.
std::optional<training::Kind> kind_of(const Request& request) {
  if (request.removes_local) return training::Kind::none;
  switch (request.message_class) {
    case protocol::MessageClass::spam: return training::Kind::spam;
    case protocol::MessageClass::ham: return training::Kind::ham;
    case protocol::MessageClass::unknown: break;
  }
  return std::nullopt;
}

std::string reply_to(const Request& request, Judging& judging) {
  const antispam::SpamVerdict& verdict = judging.verdict();
  return protocol::format_answer(request,
                                 {verdict.is_spam(), shown_score(verdict), shown_required(verdict),
                                  content_of(judging, request.method)});
}

void add_verdict(report::LogLine& line, Judging& judging, const std::string& listed) {
  const antispam::SpamVerdict& verdict = judging.verdict();
  const antispam::Outcome::Result result = judging.is_undecided()
                                               ? antispam::Outcome::Result::temperror
                                           : verdict.is_spam() ? antispam::Outcome::Result::spam
                                                               : antispam::Outcome::Result::ham;
  line.add("spam", to_word(result)).add("score", shown_score(verdict));
  if (!listed.empty()) line.add("listed", listed);
  if (judging.result().over_budget) line.add("limits", "antispam.budget");
  line.add("rules", antispam::test_names(verdict, ","));
  if (const auto unasked = judging.unasked(); !unasked.empty()) {
    line.add("rules_unasked", antispam::some_of(unasked));
  }
}

}  // namespace

Expected<std::unique_ptr<Spamd>, std::string> Spamd::start(Shared& shared) {
  const auto configuration = shared.configuration.get();
  const antispam::SpamdSettings& settings = configuration->spamd;
  std::vector<io::Listener> listeners;
  for (const std::string& socket : settings.sockets) {
    auto listener = io::Listener::open(socket, {"postern-milter", "spamd.sockets"});
    if (!listener) return Unexpected<std::string>(listener.error());
    listeners.push_back(std::move(*listener));
  }
  if (listeners.empty()) return std::unique_ptr<Spamd>();
  std::unique_ptr<Spamd> spamd(new Spamd(shared));
  io::SpamdLimits limits;
  limits.message_size = configuration->antispam.max_size.bytes;
  limits.threads = settings.threads;
  limits.clients = settings.clients;
  try {
    spamd->server_ =
        std::make_unique<io::SpamdServer>(std::move(listeners), *spamd, std::move(limits));
  } catch (const std::system_error& error) {
    return Unexpected<std::string>("spamd.threads: " + std::string(error.what()) +
                                   "; allow more tasks, or set fewer");
  }
  return spamd;
}

std::string Spamd::answer(const Request& request, std::string message, const std::string& peer) {
  switch (request.method) {
    case Method::ping: return protocol::format_pong();
    case Method::skip: return {};
    case Method::tell: return tell(request, message, peer);
    default: return judge(request, std::move(message), peer);
  }
}

std::string Spamd::judge(const Request& request, std::string message, const std::string& peer) {
  const auto started = std::chrono::steady_clock::now();
  const auto configuration = shared_.configuration.get();
  const auto& rules = configuration->antispam_rules;
  if (!rules->filter) return refuse(protocol::unavailable(rules->problem));
  antispam::Circumstances circumstances = circumstances_of(request, message, peer, *configuration);
  auto line = io::Log::line(event::spamd_request);
  line.add("client", peer).add("method", word_of(request.method)).add("user", request.user);
  line.add("size", static_cast<std::int64_t>(message.size()));
  if (circumstances.has_authentication) line.add("results", "ours");
  const std::string listed = circumstances.listed;
  Judging judging(rules->filter, std::move(message), std::move(circumstances));
  ask_dns(judging, *configuration);
  add_verdict(line, judging, listed);
  for (const std::string& news : judging.list_news()) {
    auto paused = io::Log::line(event::list_paused);
    shared_.log.write(event::list_paused, paused.add("client", peer).add("detail", news));
  }
  const bool must_retry =
      configuration->disposition.antispam_failure == disposition::FailMode::tempfail;
  std::string reply =
      judging.is_undecided() && must_retry
          ? refuse(protocol::timed_out("the rules took longer than antispam.budget"))
          : reply_to(request, judging);
  const auto took = std::chrono::steady_clock::now() - started;
  line.add("ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  shared_.log.write(event::spamd_request, line);
  return reply;
}

antispam::Circumstances Spamd::circumstances_of(const Request& request, std::string_view message,
                                                const std::string& peer,
                                                const checks::Configuration& configuration) const {
  checks::EarlierResults earlier = checks::earlier_results(
      message, configuration.general.authserv_id, shared_.services.to_ascii);
  if (!request.user.empty()) earlier.envelope.recipients = {request.user};
  antispam::Circumstances circumstances = checks::antispam_circumstances(
      earlier.findings, earlier.envelope, configuration.antispam, io::seconds_since_epoch());
  circumstances.has_authentication = earlier.is_ours;
  circumstances.remote_address = peer;
  circumstances.remote_hostname = peer == "127.0.0.1" || peer == "::1" ? "localhost" : peer;
  return circumstances;
}

void Spamd::ask_dns(Judging& judging, const checks::Configuration& configuration) {
  const auto inquiry = shared_.resolver.inquiry(
      list_budget(configuration.general, configuration.antispam_rules->filter.get()));
  dns::Answers answers;
  for (int round = 0; round < max_rounds; ++round) {
    const dns::Questions missing = judging.advance(answers);
    if (missing.empty()) return;
    inquiry->ask(missing);
    inquiry->wait(answers);
  }
}

std::string Spamd::tell(const Request& request, const std::string& message,
                        const std::string& peer) {
  const auto configuration = shared_.configuration.get();
  if (!configuration->spamd.learn) {
    return refuse(protocol::unavailable("TELL commands are not enabled, set spamd.learn = true."));
  }
  // Razor and the like, to whom "remote" means to report, are not there.
  if (!request.sets_local && !request.removes_local) return protocol::format_told(false, false);
  const auto kind = kind_of(request);
  if (!kind) return refuse(protocol::bad_request("(Set: local wants a Message-class)"));
  if (request.user.empty() || request.user.size() > training::max_user_size) {
    return refuse(protocol::bad_request("(TELL wants a User of at most 255 octets)"));
  }
  const auto taught = teach(*kind, request.user, message, *configuration);
  if (!taught) {
    on_problem(peer, taught.error());
    return refuse(protocol::unavailable(taught.error()));
  }
  auto line = io::Log::line(event::spamd_request);
  line.add("client", peer).add("method", word_of(request.method)).add("user", request.user);
  line.add("size", static_cast<std::int64_t>(message.size())).add("taught", to_word(*kind));
  shared_.log.write(event::spamd_request, line);
  return protocol::format_told(request.sets_local, request.removes_local);
}

// Waits until the learner has it on its disk, or has refused it.
Expected<void, std::string> Spamd::teach(training::Kind kind, const std::string& user,
                                         std::string_view message,
                                         const checks::Configuration& configuration) {
  const auto fail = [](std::string problem) { return Unexpected<std::string>(std::move(problem)); };
  constexpr std::chrono::seconds patience{10};
  training::Event event;
  event.time = io::event_time();
  event.id = io::next_event_id(event.time);
  event.kind = kind;
  event.user = user;
  std::string text = training::with_line_ends(message);
  event.is_cut = text.size() > configuration.learner_max_message.bytes;
  if (event.is_cut) text.resize(configuration.learner_max_message.bytes);
  auto courier = io::Courier::connect(configuration.learner_socket);
  if (!courier) return fail("the learner: " + courier.error());
  const auto sealed = io::seal_message(text);
  if (!sealed) return fail(sealed.error());
  if (!courier->send(training::format(event), sealed->get())) {
    return fail("the learner does not take the message");
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  while (courier->take_receipts() == 0) {
    if (courier->is_closed() || std::chrono::steady_clock::now() >= end) {
      return fail("the learner does not answer");
    }
    courier->wait(std::chrono::milliseconds(100));
  }
  if (courier->refused() > 0) {
    return fail("the learner refuses: learner.senders must name the user of postern-milter");
  }
  return {};
}

void Spamd::on_problem(const std::string& peer, const std::string& problem) noexcept {
  auto line = io::Log::line(event::spamd_problem);
  shared_.log.write(event::spamd_problem, line.add("client", peer).add("problem", problem));
}

}  // namespace postern
