// Any bytes as encoded text: what is decoded is bounded, and where it is text it is valid UTF-8.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/mail/content_type.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/received.hpp"
#include "lib/mail/transfer_encoding.hpp"
#include "lib/mail/utf8.hpp"

using namespace postern;
using fuzz::in_letters;
using fuzz::require;

namespace {

void check_encoded_words(std::string_view text, std::size_t max_size) {
  mail::Limits limits;
  limits.decoded_text = max_size;
  const mail::DecodedText decoded =
      mail::decode_encoded_words(text, mail::native_charsets(), limits);
  require(decoded.text.size() <= max_size && mail::is_utf8(decoded.text));
  require(decoded.text.find_first_of(std::string_view("\r\n\0\x1b", 4)) == std::string::npos);
}

void check_parameters(std::string_view text) {
  const mail::Limits limits;
  const auto& charsets = mail::native_charsets();
  const mail::Parameters parameters = mail::parse_parameters(text, charsets, limits);
  require(parameters.list.size() <= limits.parameters);
  std::size_t octets = 0;
  for (const mail::Parameter& parameter : parameters.list) {
    octets += parameter.value.size();
    if (parameter.is_extended) require(mail::is_utf8(parameter.value));
  }
  require(octets <= 3 * text.size());  // U+FFFD has three octets
  (void)mail::parse_content_type(text, charsets, limits).charset();
  (void)mail::parse_content_disposition(text, charsets, limits);
}

void check_bodies(std::string_view text) {
  require(mail::decode_quoted_printable(text).size() <= text.size());
  require(mail::decode_base64_body(text).size() <= text.size() * 3 / 4);
  (void)mail::parse_transfer_encoding(text);
}

void check_charsets(std::string_view text) {
  const std::size_t cut = text.size() / 4;
  const std::string repaired = mail::repair_utf8(text);
  require(mail::is_utf8(repaired) && repaired.size() <= 3 * text.size());
  require(mail::is_utf8(text) == (repaired == text));
  require(mail::is_utf8(mail::cut_utf8(repaired, cut)));
  const std::string latin = mail::text_to_utf8(text, "windows-1252", mail::native_charsets());
  require(mail::is_utf8(latin) && latin.size() <= 4 * text.size());
  const auto named =
      mail::text_to_utf8(text.substr(cut), text.substr(0, cut), mail::native_charsets());
  require(mail::is_utf8(named));
}

void check_trace(std::string_view text) {
  const auto date = mail::parse_date(text);
  if (date) require(date->epoch_seconds > -2300000000 && date->epoch_seconds < 253402500000);
  const mail::Received received = mail::parse_received(text);
  require(received.from.size() + received.by.size() + received.with.size() + received.id.size() <=
          text.size());
}

void check(std::string_view text) {
  check_encoded_words(text, 65'536);
  check_encoded_words(text, 7);
  check_parameters(text);
  check_bodies(text);
  check_charsets(text);
  check_trace(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check(text);
  check(in_letters(text, "=?=?qbx F3\r\n_\xff"));
  check(in_letters(text, ";a*01='%F\" (\\\r\n"));
  check(in_letters(text, "fromby [12.]():;Jan+-\""));
  return 0;
}
