// One SMTP session as its milters see it: messages pass through a chain of them, one by one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/mail_message.hpp"
#include "bench/milter_client.hpp"

namespace postern::bench {

struct Outcome {
  Answer answer = Answer::go_on;  ///< Of the milter that ended the message, else of the last one.
  std::chrono::nanoseconds latency{};  ///< First command to final reply; connecting excluded.
  Content content;                     ///< The message after all changes.
};

/// Connects to each milter at the start and says goodbye at the end. Every member function may
/// throw WireError; the session is of no more use then.
class MilterSession {
 public:
  explicit MilterSession(const std::vector<Address>& chain);
  ~MilterSession();
  MilterSession(const MilterSession&) = delete;
  MilterSession& operator=(const MilterSession&) = delete;

  /// Sends a message. The option negotiation, CONNECT and HELO are part of the first one.
  /// Envelope events go to all milters in turn, then the content to one milter after the other,
  /// so that each sees the changes of those before it: the order of smtpd(8) and cleanup(8).
  Outcome send(const MailMessage& message, std::uint64_t number);

 private:
  Answer begin(const MacroSource& source);
  Answer pass(const MacroSource& source, Content* content);

  std::vector<std::unique_ptr<MilterClient>> clients_;
  bool begun_ = false;
  bool broken_ = false;
};

}  // namespace postern::bench
