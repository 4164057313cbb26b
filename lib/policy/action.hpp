// Answers to Postfix in the words of access(5), checked when the configuration is read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/policy/request.hpp"

namespace postern::policy {

/// Octets of an action with its text. A reply to the client has at most 512 (RFC 5321 §4.5.3.1.5).
inline constexpr std::size_t max_action_size = 480;
/// Octets of one value put into a text.
inline constexpr std::size_t max_shown_size = 100;

enum class Verb {
  dunno,
  ok,
  reject,
  reply,  ///< 4NN or 5NN.
  defer,
  defer_if_permit,
  defer_if_reject,
  hold,
  discard,
  filter,
  redirect,
  bcc,
  prepend,
  warn,
  info
};

/// What is answered, as the operator wrote it.
struct Action {
  Verb verb = Verb::dunno;
  std::string text = "DUNNO";  ///< The verb as Postfix spells it, and what follows it.

  /// Whether Postfix takes it at this state: PREPEND is ignored at END-OF-MESSAGE.
  [[nodiscard]] bool is_allowed_at(State state) const;
  bool operator==(const Action&) const = default;
};

/// Reads an action such as "REJECT 5.7.1 Not here" or "450 4.7.1 Later".
///
/// The text after the verb is printable ASCII and may name values of the request in braces:
/// {client_address}, {client_name}, {helo_name}, {sender}, {recipient}, {sasl_username}, {rule},
/// {limit}, {retry_after}, {why}. FILTER, REDIRECT, BCC, and PREPEND may not: a stranger must not
/// say where mail goes or what stands in its header.
///
/// \return An error for what is no action of access(5), an enhanced status code (RFC 3463) of
///         another class than the reply, an unknown value in braces, and what is too long. Names of
///         restrictions are not taken, since a mistake in one would stop all mail.
[[nodiscard]] Parsed<Action> parse_action(std::string_view text);

/// The value of a name in braces, empty where there is none; peer text is allowed.
using ValueOf = std::function<std::string(std::string_view name)>;

/// The action with its braces filled in: printable ASCII, one line, at most max_action_size.
[[nodiscard]] std::string expand(const Action& action, const ValueOf& value_of);

/// Peer text for a reply or a log: octets other than letters, digits, and "@.-_+:[]<>/*,;" become
/// "?"; at most max_shown_size.
[[nodiscard]] std::string shown(std::string_view peer_text);

/// "action=TEXT" and an empty line. Whatever the text, it is one line of printable ASCII and at
/// most max_action_size octets; an empty one is DUNNO.
[[nodiscard]] std::string format_reply(std::string_view action);

}  // namespace postern::policy
