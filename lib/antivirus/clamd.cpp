#include "lib/antivirus/clamd.hpp"

#include "lib/antivirus/classify.hpp"

namespace postern::antivirus {
namespace {

// Without the end of the reply.
std::string_view text_of(std::string_view reply) {
  reply = reply.substr(0, reply.find('\0'));
  while (reply.ends_with('\n') || reply.ends_with('\r') || reply.ends_with(' ')) {
    reply.remove_suffix(1);
  }
  return reply;
}

// Without what stands before it, such as "stream: ".
std::string_view after_origin(std::string_view text) {
  const std::size_t colon = text.find(": ");
  return colon == text.npos ? text : text.substr(colon + 2);
}

}  // namespace

std::array<char, 4> clamd_length(std::uint32_t length) {
  constexpr std::uint32_t octet = 0xff;
  return {static_cast<char>(length >> 24 & octet), static_cast<char>(length >> 16 & octet),
          static_cast<char>(length >> 8 & octet), static_cast<char>(length & octet)};
}

Outcome parse_clamd_reply(std::string_view reply) {
  constexpr std::string_view found = " FOUND";
  constexpr std::string_view error = " ERROR";
  const std::string_view text = text_of(reply);
  const std::string_view result = after_origin(text);
  if (result == "OK" && result.size() < text.size()) return {};
  if (result.ends_with(found)) {
    return classify_match(result.substr(0, result.size() - found.size()));
  }
  if (result.ends_with(error)) {
    return classify_error(result.substr(0, result.size() - error.size()));
  }
  return {Result::temperror, "clamd answers what nobody understands"};
}

bool is_clamd_refusal(std::string_view reply) {
  const std::string_view text = text_of(reply);
  return text == "UNKNOWN COMMAND" || text.starts_with("No file descriptor received") ||
         text.ends_with("Permission denied. ERROR");
}

}  // namespace postern::antivirus
