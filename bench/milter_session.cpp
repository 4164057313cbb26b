// A message's way through a chain of milters.
#include "bench/milter_session.hpp"

#include <array>
#include <cstdio>

namespace postern::bench {
namespace {

std::string queue_id_of(std::uint64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "4B%09llX", static_cast<unsigned long long>(number));
  return text.data();
}

}  // namespace

MilterSession::MilterSession(const std::vector<Address>& chain) {
  for (const Address& address : chain) clients_.push_back(std::make_unique<MilterClient>(address));
}

MilterSession::~MilterSession() {
  if (broken_) return;
  try {
    for (const auto& client : clients_) client->quit();
  } catch (const WireError&) {
    // The milter left first; every message has had its answer.
  }
}

Outcome MilterSession::send(const MailMessage& message, std::uint64_t number) {
  const std::string queue_id = queue_id_of(number);
  const std::string_view rcpt = message.rcpt.empty() ? std::string_view() : message.rcpt.back();
  const MacroSource source{message, queue_id, rcpt};
  Outcome outcome;
  outcome.content.header = message.header;
  outcome.content.body = message.body;
  broken_ = true;  // until the answer is there
  const auto start = std::chrono::steady_clock::now();
  outcome.answer = begin(source);
  if (!ends_message(outcome.answer)) outcome.answer = pass(source, &outcome.content);
  outcome.latency = std::chrono::steady_clock::now() - start;
  for (const auto& client : clients_) client->abort_message();
  broken_ = false;
  return outcome;
}

/// Everything before the first message of a connection.
Answer MilterSession::begin(const MacroSource& source) {
  if (begun_) return Answer::go_on;
  begun_ = true;
  for (const auto& client : clients_) client->negotiate();
  for (const auto& client : clients_) {
    const Answer answer = client->connect_and_helo(source);
    if (ends_message(answer)) return answer;
  }
  return Answer::go_on;
}

Answer MilterSession::pass(const MacroSource& source, Content* content) {
  for (const auto& client : clients_) {
    const Answer answer = client->envelope(source);
    if (ends_message(answer)) return answer;
  }
  Answer answer = Answer::go_on;
  for (const auto& client : clients_) {
    answer = client->content(source, content);
    if (ends_message(answer)) return answer;
  }
  return answer;
}

}  // namespace postern::bench
