#include "policy-daemon/dialogue.hpp"

#include <utility>

namespace postern {

Dialogue::Dialogue(const Services& services, io::Stream& stream, std::unique_ptr<Protocol> protocol)
    : services_(services), stream_(stream), protocol_(std::move(protocol)) {
  expect_more();
}

void Dialogue::on_data(std::string_view bytes) {
  protocol_->feed(bytes);
  if (!answering_) answer_next();
}

void Dialogue::on_end() {
  ended_ = true;
  if (protocol_->is_amid()) protocol_->complain("the connection ended within a request");
  if (!answering_) stream_.close();
}

void Dialogue::on_late() {
  // An idle connection is not worth a line.
  if (protocol_->is_amid()) protocol_->complain("a request did not come in full in time");
}

void Dialogue::answer_next() {
  looking_ = true;
  while (!answering_ && begin_answer()) {
  }
  looking_ = false;
  if (answering_) return;
  if (ended_ || protocol_->has_failed()) return stream_.close();
  expect_more();
  stream_.read_on();
}

// False when there is no request to answer.
bool Dialogue::begin_answer() {
  answering_ = true;
  const bool begun = protocol_->answer_next([self = std::weak_ptr(self_)](std::string text) {
    if (const auto alive = self.lock()) (*alive)->on_answer(std::move(text));
  });
  if (!begun) {
    answering_ = false;
    return false;
  }
  within_request_ = false;
  if (answering_) {
    stream_.pause_reading();
    stream_.expect_within({});
  }
  return true;
}

void Dialogue::on_answer(std::string text) {
  stream_.send(std::move(text));
  answering_ = false;
  if (!looking_) answer_next();
}

// The time of a request begins with its first octet, and more of them do not lengthen it.
void Dialogue::expect_more() {
  const bool was_within = std::exchange(within_request_, protocol_->is_amid());
  if (was_within && within_request_) return;
  const auto& server = services_.site->policy.settings.server;
  stream_.expect_within(within_request_ ? server.request_timeout : server.idle_timeout);
}

}  // namespace postern
