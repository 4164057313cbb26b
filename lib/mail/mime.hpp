// The parts of a message as a flat list (RFC 2045, RFC 2046).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/charset.hpp"
#include "lib/mail/content_type.hpp"
#include "lib/mail/message.hpp"
#include "lib/mail/transfer_encoding.hpp"

namespace postern::mail {

inline constexpr std::size_t no_part = static_cast<std::size_t>(-1);

/// One part. Views borrow from the text of the message.
struct Part {
  std::size_t parent = no_part;  ///< Position in MimeTree::parts.
  unsigned depth = 0;
  HeaderSection header;
  /// As it came, still encoded, without the line end that belongs to the delimiter line. Of a
  /// multipart everything from preamble to epilogue, of a message the embedded message.
  std::string_view body;
  ContentType content_type;
  TransferEncoding encoding = TransferEncoding::identity;
  std::string disposition;  ///< Lower case; empty if not given.
  std::string file_name;    ///< Valid UTF-8; empty if none. Any characters: never use it as a path.
  /// The name that Content-Type gives, if it is another one: readers differ in which they take.
  std::string other_file_name;
  /// No part of the text shown first: its disposition is attachment, or it has a file name, or it
  /// is neither text nor a container.
  bool is_attachment = false;
  /// Has been taken apart: its parts follow in the list. False of a multipart without any
  /// delimiter line, and of a message that is encoded: then the body is all there is to look at.
  bool is_container = false;
  Defects defects;
};

/// A message taken apart.
struct MimeTree {
  std::vector<Part> parts;  ///< In the order of the text; parts[0] is the message itself.
  Defects defects;          ///< Of all parts, and of the message's header section.
  LimitsHit limits;         ///< What lies beyond is part of the body it stands in.
};

/// Takes a message apart, multiparts and embedded messages alike, without recursion and in time
/// linear in the size of the text (times a logarithm of how many parts are open).
///
/// Where readers differ, every reading counts: of several Content-Type fields or boundary
/// parameters all boundaries part the body, of several encodings the first real one decodes it, and
/// Defect::ambiguous says so. A delimiter line is one that is equal to "--" boundary or "--"
/// boundary "--" but for white space at its end. What a multipart without end holds is still
/// parted.
///
/// \param charsets  For file names.
[[nodiscard]] MimeTree parse_mime(const Message& message, const Limits& limits = {},
                                  const CharsetConverter& charsets = native_charsets());

/// The octets of a part's body, decoded. Never more than the body has.
[[nodiscard]] std::string decode_body(const Part& part);

/// The text of a text/* part as valid UTF-8, by its encoding and charset.
[[nodiscard]] std::string decode_text(const Part& part, const CharsetConverter& charsets);

}  // namespace postern::mail
