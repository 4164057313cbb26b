// How much of a peer's signatures and keys we are willing to work on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postern::dkim {

/// Limits of our own (RFC 6376 §6.1 and §8.4, RFC 8301 §3.2). Each that is hit shows in a reason.
struct Limits {
  unsigned signatures = 10;  ///< Verified, from the top; the others are reported as policy.
  unsigned min_rsa_bits = 1024;
  unsigned max_rsa_bits = 4096;
  std::size_t signature_field_size = 16384;  ///< Octets of the body of one signature field.
  std::size_t key_record_size = 8192;        ///< Octets of one key record.
  std::int64_t clock_skew = 300;             ///< Seconds that t= may lie ahead of us.
};

/// The most outcomes a Verifier gives: a message with thousands of signatures gets no thousands of
/// lines. The last one says how many more there were.
inline constexpr std::size_t max_outcomes = 50;

/// Postfix cuts a field at header_size_limit before a milter sees it (60,000 in 3.7). A signature
/// over a field whose body has this many octets cannot be judged when it does not verify.
inline constexpr std::size_t cut_field_size = 59'990;

}  // namespace postern::dkim
