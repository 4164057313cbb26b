#include "policy-daemon/policy_protocol.hpp"

#include <memory>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/policy/action.hpp"
#include "policy-daemon/transaction.hpp"

namespace postern {

// Who asks what is no request is not Postfix; one answer and one line are enough, and what it sent
// behind that is not looked at.
bool PolicyProtocol::answer_next(Answer answer) {
  if (refused_) return false;
  auto request = reader_.next();
  if (reader_.is_broken()) refuse(reader_.problem());
  if (!request) return false;
  if (!*request) {
    refuse(request->error().problem);
    answer(policy::format_reply("DUNNO"));
    return true;
  }
  const auto transaction =
      std::make_shared<Transaction>(services_, std::move(**request),
                                    [answer = std::move(answer)](const policy::Decision& decision) {
                                      answer(policy::format_reply(decision.action));
                                    });
  transaction->start();
  return true;
}

void PolicyProtocol::refuse(std::string_view problem) {
  refused_ = true;
  complain(problem);
}

void PolicyProtocol::complain(std::string_view problem) {
  services_.log.write(event::policy_client,
                      io::Log::line(event::policy_client).add("problem", problem));
}

}  // namespace postern
