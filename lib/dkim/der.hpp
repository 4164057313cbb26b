// RSA public keys in DER, read without a library: two integers in at most four wrappers.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::dkim {

/// The numbers of an RSA key, big-endian without leading zeros; empty stands for zero.
struct RsaNumbers {
  std::string modulus;
  std::string exponent;
};

/// Reads a SubjectPublicKeyInfo that holds an RSA key, or a bare RSAPublicKey (RFC 6376 §3.6.1 with
/// its erratum; RFC 8017 §A.1.1). Strict DER: definite minimal lengths, nothing left over.
///
/// \param der  From any peer's DNS.
[[nodiscard]] Parsed<RsaNumbers> parse_rsa_key(std::string_view der);

}  // namespace postern::dkim
