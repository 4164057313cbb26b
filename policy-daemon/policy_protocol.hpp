// What smtpd(8) asks: attributes of a client, up to an empty line (SMTPD_POLICY_README).
#pragma once

#include "lib/policy/request_reader.hpp"
#include "policy-daemon/dialogue.hpp"

namespace postern {

class PolicyProtocol final : public Protocol {
 public:
  explicit PolicyProtocol(Services& services) : services_(services) {}

  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  [[nodiscard]] bool answer_next(Answer answer) override;
  [[nodiscard]] bool has_failed() const override { return refused_; }
  [[nodiscard]] bool is_amid() const override { return reader_.is_within_request(); }
  void complain(std::string_view problem) override;

 private:
  void refuse(std::string_view problem);

  Services& services_;
  policy::RequestReader reader_;
  bool refused_ = false;  // nothing more is answered
};

}  // namespace postern
