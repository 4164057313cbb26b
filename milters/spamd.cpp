#include "milters/spamd.hpp"

#include <chrono>
#include <random>
#include <utility>
#include <vector>

#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/report/spam_verdict.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"
#include "lib/io/training/event_id.hpp"
#include "lib/io/wall_clock.hpp"

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
  spamd->server_ =
      std::make_unique<io::SpamdServer>(std::move(listeners), *spamd, std::move(limits));
  return spamd;
}

std::string Spamd::answer(const Request& request, std::string message, const std::string& peer) {
  switch (request.method) {
    case Method::ping: return protocol::format_pong();
    case Method::skip: return {};
    case Method::tell: return learn(request, message);
    default: return judge(request, std::move(message), peer);
  }
}

std::string Spamd::judge(const Request& request, std::string message, const std::string& peer) {
  const auto started = std::chrono::steady_clock::now();
  const auto configuration = shared_.configuration.get();
  const auto rules = shared_.antispam.get();
  if (!rules->filter) return refuse(protocol::unavailable(rules->problem));
  const std::size_t size = message.size();
  antispam::Circumstances circumstances;
  circumstances.now = io::seconds_since_epoch();
  circumstances.remote_address = peer;
  Judging judging(rules->filter, std::move(message), std::move(circumstances));
  const checks::GeneralSettings& general = configuration->general;
  const auto inquiry =
      shared_.resolver.inquiry({general.dns_budget, general.dns_timeout, general.max_questions});
  dns::Answers answers;
  for (int round = 0; round < max_rounds; ++round) {
    const dns::Questions missing = judging.advance(answers);
    if (missing.empty()) break;
    inquiry->ask(missing);
    inquiry->wait(answers);
  }
  const antispam::SpamVerdict& verdict = judging.verdict();
  std::string reply = protocol::format_answer(
      request, {verdict.is_spam(), shown_score(verdict), shown_required(verdict),
                content_of(judging, request.method)});
  auto line = io::Log::line(event::spamd_request);
  line.add("client", peer).add("method", word_of(request.method)).add("user", request.user);
  line.add("size", static_cast<std::int64_t>(size));
  line.add("spam", verdict.is_spam() ? "spam" : "ham").add("score", shown_score(verdict));
  line.add("rules", antispam::test_names(verdict, ","));
  const auto took = std::chrono::steady_clock::now() - started;
  line.add("ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  shared_.log.write(event::spamd_request, line);
  return reply;
}

// The learner keeps what it is told; there is no way to take a message back but another word on it.
std::string Spamd::learn(const Request& request, const std::string& message) {
  const auto configuration = shared_.configuration.get();
  if (!configuration->spamd.learn) {
    return refuse(protocol::unavailable("TELL commands are not enabled, set spamd.learn = true."));
  }
  const bool can_learn = request.sets_local && !request.user.empty() &&
                         request.user.size() <= training::max_user_size &&
                         request.message_class != protocol::MessageClass::unknown;
  if (!can_learn) return protocol::format_told(false, false);
  training::Event event;
  event.time = io::event_time();
  event.id = io::next_event_id(event.time);
  event.kind = request.message_class == protocol::MessageClass::spam ? training::Kind::spam
                                                                     : training::Kind::ham;
  event.user = request.user;
  auto courier = io::Courier::connect(configuration->learner_socket);
  if (!courier) return refuse(protocol::unavailable("the learner: " + courier.error()));
  const auto sealed = io::seal_message(message);
  if (!sealed) return refuse(protocol::unavailable(sealed.error()));
  if (!courier->send(training::format(event), sealed->get())) {
    return refuse(protocol::unavailable("the learner does not take the message"));
  }
  constexpr std::chrono::seconds patience{10};
  const auto end = std::chrono::steady_clock::now() + patience;
  while (courier->take_receipts() == 0) {
    if (courier->is_closed() || std::chrono::steady_clock::now() >= end) {
      return refuse(protocol::unavailable("the learner does not answer"));
    }
    courier->wait(std::chrono::milliseconds(100));
  }
  return protocol::format_told(true, false);
}

void Spamd::on_problem(const std::string& peer, const std::string& problem) noexcept {
  auto line = io::Log::line(event::spamd_problem);
  shared_.log.write(event::spamd_problem, line.add("client", peer).add("problem", problem));
}

}  // namespace postern
