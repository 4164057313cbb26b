// Writing of a signature: the counterpart of parse_signature.
#include <string>

#include "lib/base/base64.hpp"
#include "lib/dkim/signature.hpp"
#include "lib/dkim/tag_values.hpp"

namespace postern::dkim {
namespace {

std::string_view to_token(Canonicalization canonicalization) {
  switch (canonicalization) {
    case Canonicalization::simple: return "simple";
    case Canonicalization::relaxed: return "relaxed";
  }
  return "";
}

std::string_view to_algorithm(PublicKey::Type type) {
  switch (type) {
    case PublicKey::Type::rsa: return "rsa-sha256";
    case PublicKey::Type::ed25519: return "ed25519-sha256";
  }
  return "";
}

std::string join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ':';
    list += name;
  }
  return list;
}

void append_number(std::string& text, std::string_view tag, std::uint64_t number) {
  text.append("; ").append(tag).append("=").append(std::to_string(number));
}

}  // namespace

std::string format(const Signature& signature) {
  std::string text = "v=1; a=";
  text.append(to_algorithm(signature.key_type)).append("; c=");
  text.append(to_token(signature.header_canonicalization)).append("/");
  text.append(to_token(signature.body_canonicalization));
  text.append("; d=").append(signature.domain).append("; s=").append(signature.selector);
  if (signature.agent_id != "@" + signature.domain) {
    text.append("; i=").append(encode_quoted_printable(signature.agent_id));
  }
  if (signature.timestamp) {
    append_number(text, "t", static_cast<std::uint64_t>(*signature.timestamp));
  }
  if (signature.expiration) {
    append_number(text, "x", static_cast<std::uint64_t>(*signature.expiration));
  }
  if (signature.body_length) append_number(text, "l", *signature.body_length);
  const std::string hash(signature.body_hash.begin(), signature.body_hash.end());
  text.append("; h=").append(join(signature.signed_names));
  text.append("; bh=").append(encode_base64(hash));
  text.append("; b=").append(encode_base64(signature.value));
  return text;
}

}  // namespace postern::dkim
