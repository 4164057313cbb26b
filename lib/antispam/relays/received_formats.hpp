// What the Received fields of the mail programs of the world look like: tables in the order in
// which SpamAssassin tries them (Mail::SpamAssassin::Message::Metadata::Received).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::antispam::received {

/// What a line that matches is.
enum class Kind : std::uint8_t {
  hop,           ///< A relay.
  hop_with_dns,  ///< A relay; the program looks up names, so that a missing one means there is
                 ///< none.
  skip,          ///< Nothing between hosts, or not enough is said: no relay.
  fetched,       ///< Taken from a mailbox by POP or IMAP: what came before is another delivery.
  scanned,       ///< qmail-scanner: its envelope sender belongs to the next line.
};

/// What has to be put right after fields were taken.
enum class Fix : std::uint8_t {
  none,
  no_id,               ///< The id is no message's.
  xmail,               ///< id and sender stand elsewhere.
  sub_fields,          ///< Field s holds "helo=" and "ident=".
  sub_fields_of_name,  ///< Likewise; without helo= the name was the helo.
  ident_in_name,       ///< "IDENT:user@name"
  no_unknown,          ///< The name "unknown" is none.
  no_unverified,       ///< The name "unverified" is none.
  hotmail,             ///< Perhaps begins with the address.
  qmail,               ///< One of qmail_formats.
  obtuse,              ///< The name "UNKNOWN" was not looked up; the helo stands here or nowhere.
  softdnserr,          ///< couriertcpd could not look up.
};

/// Fields: h helo, r name from reverse DNS, w both, i ip, b by, d id, n ident, s see Fix.
struct Format {
  Kind kind;
  std::string_view pattern;
  Fix fix = Fix::none;
  std::string_view only_with = {};     ///< Octets that the line has to hold.
  std::string_view only_without = {};  ///< A pattern that must not match.
};

/// A program that says who it is: only the formats of the first one that does are tried, and then
/// those of all.
struct Program {
  std::string_view mark;  ///< A pattern.
  std::span<const Format> formats;
  bool tries_parts = false;  ///< Exim: whatever can be read, in any place.
};

[[nodiscard]] std::span<const Format> web_mail_formats();
[[nodiscard]] std::span<const Program> programs();
[[nodiscard]] std::span<const Format> formats_of_all();
[[nodiscard]] std::span<const Format> qmail_formats();
[[nodiscard]] std::span<const Format> upper_case_formats();   ///< "FROM …"
[[nodiscard]] std::span<const Format> parenthesis_formats();  ///< "(from …"

/// How a line tells that the sender logged in. Field a or x, y make the value.
struct AuthFormat {
  std::string_view pattern;
  std::string_view only_with;
  std::string_view also;   ///< Another pattern that has to match, and whose fields count.
  std::string_view value;  ///< Letters after "%" stand for fields.
  bool ignores_case = false;
};
[[nodiscard]] std::span<const AuthFormat> auth_formats();

}  // namespace postern::antispam::received
