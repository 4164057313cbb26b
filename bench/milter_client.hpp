// Postfix's side of one milter connection: negotiates, sends events, collects the answers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "bench/mail_message.hpp"
#include "bench/milter_macros.hpp"
#include "bench/milter_wire.hpp"

namespace postern::bench {

/// What a milter says about a message or a connection; go_on is SMFIR_CONTINUE.
enum class Answer { go_on, accept, discard, reject, tempfail, replycode, shutdown };
std::string_view to_text(Answer answer);

/// True if no further milter is asked about the message.
constexpr bool ends_message(Answer answer) {
  return answer != Answer::go_on && answer != Answer::accept;
}

/// Header fields and body of a message while milters change them.
struct Content {
  std::vector<HeaderField> header;
  std::string_view body;
  std::string new_body;             ///< Holds `body` once a milter has replaced it.
  std::vector<HeaderField> added;   ///< The fields that milters added, for checks.
  std::uint64_t other_changes = 0;  ///< Recipients, sender, quarantine, changed fields.
};

/// One milter on one connection. After Answer::accept it is sent nothing more for that message, or
/// after accept at CONNECT or HELO nothing more at all. Member functions may throw WireError.
class MilterClient {
 public:
  explicit MilterClient(const Address& address) : wire_(address) {}

  /// Offers what Postfix 3.7 offers and keeps what the milter chose.
  void negotiate();
  Answer connect_and_helo(const MacroSource& source);
  /// MAIL, each RCPT, DATA. A rejected recipient ends the message.
  Answer envelope(const MacroSource& source);
  /// Headers, body, end of message. \param content gets the changes the milter asks for.
  Answer content(const MacroSource& source, Content* content);
  /// The message is over: the milter is told with the next command, as Postfix does.
  void abort_message();
  /// Says goodbye.
  void quit();

 private:
  struct Event {
    char command;
    std::uint32_t no_event;  ///< Flag by which a milter declines the event; 0: it cannot.
    std::uint32_t no_reply;  ///< Flag by which a milter promises no reply; 0: it cannot.
  };
  static constexpr Event connect{'C', 0x01, 0x1000};
  static constexpr Event helo{'H', 0x02, 0x2000};
  static constexpr Event mail{'M', 0x04, 0x4000};
  static constexpr Event rcpt{'R', 0x08, 0x8000};
  static constexpr Event data{'T', 0x200, 0x10000};
  static constexpr Event header{'L', 0x20, 0x80};
  static constexpr Event end_of_headers{'N', 0x40, 0x40000};
  static constexpr Event body_chunk{'B', 0x10, 0x80000};
  static constexpr Event end_of_message{'E', 0, 0};

  Answer send(const Event& event, std::string_view macros,
              std::initializer_list<std::string_view> strings);
  Answer send_raw(const Event& event, std::string_view macros, std::string_view bytes);
  Answer headers(const MacroSource& source, const Content& content);
  Answer body(std::string_view macros, std::string_view bytes);
  Answer await_answer(Content* content);
  bool wants(const Event& event) const { return (steps_ & event.no_event) == 0; }

  Wire wire_;
  MacroLists macros_;
  std::uint32_t steps_ = 0;
  bool skip_body_ = false;
  bool accepted_connection_ = false;
  bool accepted_message_ = false;
};

}  // namespace postern::bench
