#include "policy-daemon/policy_conversation.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/policy/action.hpp"
#include "policy-daemon/transaction.hpp"

namespace postern {

PolicyConversation::PolicyConversation(Services& services, io::Stream& stream)
    : services_(services), stream_(stream) {
  expect_more();
}

void PolicyConversation::on_data(std::string_view bytes) {
  reader_.feed(bytes);
  if (!answering_) answer_next();
}

void PolicyConversation::on_end() {
  ended_ = true;
  if (reader_.is_within_request()) write_log("the connection ended within a request");
  if (!answering_) stream_.close();
}

void PolicyConversation::on_late() {
  // An idle connection is not worth a line.
  if (reader_.is_within_request()) write_log("a request did not come in full in time");
}

// No more is read while an answer is owed: a client that asks faster than it is answered waits. Who
// asks what is no request is not Postfix; one answer and one line are enough, and what it sent
// behind that is not looked at.
void PolicyConversation::answer_next() {
  looking_ = true;
  while (!answering_ && !refused_) {
    auto request = reader_.next();
    if (!request) break;
    if (*request) {
      answer(std::move(**request));
    } else {
      stream_.send(policy::format_reply("DUNNO"));
      refuse(request->error().problem);
    }
  }
  looking_ = false;
  if (answering_) return;
  if (reader_.is_broken()) refuse(reader_.problem());
  if (ended_ || refused_) return stream_.close();
  expect_more();
  stream_.read_on();
}

void PolicyConversation::answer(policy::Request request) {
  answering_ = true;
  within_request_ = false;
  stream_.pause_reading();
  stream_.expect_within({});
  const auto transaction = std::make_shared<Transaction>(
      services_, std::move(request),
      [self = std::weak_ptr(self_)](const policy::Decision& decision) {
        if (const auto alive = self.lock()) (*alive)->on_decision(decision);
      });
  transaction->start();
}

void PolicyConversation::refuse(std::string_view problem) {
  if (!std::exchange(refused_, true)) write_log(problem);
}

void PolicyConversation::on_decision(const policy::Decision& decision) {
  stream_.send(policy::format_reply(decision.action));
  answering_ = false;
  if (!looking_) answer_next();
}

// The time of a request begins with its first octet, and more of them do not lengthen it.
void PolicyConversation::expect_more() {
  const bool was_within = std::exchange(within_request_, reader_.is_within_request());
  if (was_within && within_request_) return;
  const auto& server = services_.site->policy.settings.server;
  stream_.expect_within(within_request_ ? server.request_timeout : server.idle_timeout);
}

void PolicyConversation::write_log(std::string_view problem) const {
  services_.log.write(event::policy_client,
                      io::Log::line(event::policy_client).add("problem", problem));
}

}  // namespace postern
