// A connection of smtpd(8): requests in, one answer for each in their order.
#pragma once

#include <memory>

#include "lib/io/asio/stream_server.hpp"
#include "lib/policy/evaluate.hpp"
#include "lib/policy/request_reader.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

class PolicyConversation final : public io::Conversation {
 public:
  PolicyConversation(Services& services, io::Stream& stream);

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_late() override;
  [[nodiscard]] bool is_busy() const override { return answering_; }

 private:
  void answer_next();
  void answer(policy::Request request);
  void refuse(std::string_view problem);
  void on_decision(const policy::Decision& decision);
  void expect_more();
  void write_log(std::string_view problem) const;

  Services& services_;
  io::Stream& stream_;
  policy::RequestReader reader_;
  bool answering_ = false;
  bool looking_ = false;         // within answer_next()
  bool within_request_ = false;  // its time is running
  bool ended_ = false;           // nothing more comes
  bool refused_ = false;         // nothing more is answered
  // What an answer finds gone when the connection has.
  const std::shared_ptr<PolicyConversation*> self_ = std::make_shared<PolicyConversation*>(this);
};

}  // namespace postern
