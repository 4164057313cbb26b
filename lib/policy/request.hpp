// One question of Postfix to a policy server, as typed values (SMTPD_POLICY_README).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"

namespace postern::policy {

/// Where the SMTP session stands; the words are those of Postfix.
enum class State { unknown, connect, ehlo, helo, mail, rcpt, data, end_of_message, vrfy, etrn };

/// "RCPT", "END-OF-MESSAGE", …; "unknown" for State::unknown.
[[nodiscard]] std::string_view to_word(State state);
/// State::unknown for any other word.
[[nodiscard]] State parse_state(std::string_view word);

/// What Postfix says of a client and its message. All texts are as given, any octets but CR, LF,
/// and NUL, at most Limits::request_size; texts that do not hold an "unknown" of Postfix are empty.
struct Request {
  State state = State::unknown;
  std::optional<IpAddress> client_address;  ///< Mapped addresses as IPv4; nothing: none or no
                                            ///< address.
  std::string client_name;                  ///< Confirmed by Postfix; empty: none is.
  std::string reverse_client_name;          ///< Not confirmed.
  std::string helo_name;
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty: the null sender, or not said
                                  ///< yet (has_sender).
  std::string recipient;          ///< At END-OF-MESSAGE only when there is just one.
  std::uint64_t recipient_count = 0;  ///< Accepted ones, at DATA and END-OF-MESSAGE.
  std::uint64_t size = 0;             ///< In bytes: as declared, at END-OF-MESSAGE the real one.
  std::string queue_id;
  std::string instance;  ///< The same in all requests of one message.
  std::string sasl_method;
  std::string sasl_username;  ///< Empty without a login.
  std::string sasl_sender;
  std::string server_address;
  std::string server_port;
  std::string ccert_fingerprint;
  std::string encryption_protocol;
  std::string policy_context;  ///< What the entry in main.cf says.

  /// Whether the session has come so far that the sender (the recipient, the name given with HELO,
  /// a login) is known, be it as none.
  [[nodiscard]] bool has_sender() const;
  [[nodiscard]] bool has_recipient() const;
  [[nodiscard]] bool has_helo() const;
  [[nodiscard]] bool has_login() const;

  bool operator==(const Request&) const = default;
};

/// The number of an attribute of the protocol, or nothing for one that is of no use to us.
[[nodiscard]] std::optional<unsigned> find_attribute(std::string_view name);
/// Sets the member of an attribute. Numbers that are too large saturate, negative ones and those
/// that are none become 0.
/// \param number  From find_attribute().
void set_attribute(Request& request, unsigned number, std::string_view value);
inline constexpr unsigned max_known_attributes = 32;

/// The domain of an address, behind its last "@", in lower case; empty when there is none.
[[nodiscard]] std::string domain_of(std::string_view address);

}  // namespace postern::policy
