// Which header fields our signatures cover, and for how long they hold (RFC 6376 §5.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::dkim {

/// What to sign. Names in any case, of which a stricter wish goes before a milder one. From is
/// oversigned whatever stands here.
struct SigningPolicy {
  std::vector<std::string> signed_names;      ///< Every occurrence in the message is covered.
  std::vector<std::string> oversigned_names;  ///< Likewise, and named once more in h=: a field of
                                              ///< that name added later breaks the signature.
  std::optional<std::int64_t> lifetime;       ///< Seconds from t= to x=; nothing or 0: no x=.
  std::vector<std::string> oversigned_if_present;  ///< Oversigned where the message has the field,
                                                   ///< else left out.

  bool operator==(const SigningPolicy&) const = default;
};

/// Whether a name may stand in h=: ftext (RFC 5322 §3.6.8) without ";", which would end the tag, at
/// most max_signed_name_size octets. Names that are not, and DKIM-Signature, are left out of a
/// signature: its own hash covers it, and others come and go on the way.
[[nodiscard]] bool is_signable_name(std::string_view name);
inline constexpr std::size_t max_signed_name_size = 70;

/// Nobody on the way has reason to add one of these where the author has none, and each changes
/// what a reader sees or where an answer goes: a second From or Subject is shown by some readers
/// instead of the signed one, a Content-Type gives the same body another meaning.
inline constexpr std::array<std::string_view, 12> content_names = {
    "from",        "reply-to",  "subject",      "date",         "message-id",
    "to",          "cc",        "mime-version", "content-type", "content-transfer-encoding",
    "in-reply-to", "references"};

/// Mailing lists add these to messages of others (RFC 2369, RFC 2919, RFC 8058). Oversigned, a
/// message cannot get a List-Unsubscribe that is not its author's, and does not survive a list,
/// not even one that changes nothing else.
inline constexpr std::array<std::string_view, 8> list_names = {
    "list-id",        "list-help", "list-unsubscribe", "list-unsubscribe-post",
    "list-subscribe", "list-post", "list-owner",       "list-archive"};

/// Signed where they are there and free to be added: by a list (Sender), by who sends the message
/// on (Resent-*, RFC 5322 §3.6.6), or by nobody, since a reader does not rely on them. Trace fields
/// (Received, Return-Path) are not here: they change on the way (RFC 6376 §5.4.1).
inline constexpr std::array<std::string_view, 11> addable_names = {
    "sender",     "resent-date",         "resent-from",       "resent-sender",
    "resent-to",  "resent-cc",           "resent-message-id", "resent-reply-to",
    "content-id", "content-description", "autocrypt"};

/// The default: content_names and list_names are oversigned; of addable_names Sender is, where the
/// message has one, and the others are signed.
[[nodiscard]] SigningPolicy default_signing_policy();

/// For domains whose people write to mailing lists: like the default, but list_names are oversigned
/// only in messages that have the field, so that a list that leaves the content alone may add its
/// own.
[[nodiscard]] SigningPolicy mailing_list_signing_policy();

}  // namespace postern::dkim
