#include "lib/antispam/update/signature.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/base/base64.hpp"

namespace postern::antispam {
namespace {

constexpr std::string_view block_begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view block_end = "-----END PGP PUBLIC KEY BLOCK-----";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = ascii::trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// What lies between the lines of a block: headers, an empty line, base64, and "=" with a checksum.
std::optional<std::string> dearmor(std::string_view block) {
  take_line(block);  // what follows the dashes of the first line
  while (!block.empty() && !take_line(block).empty()) {
  }
  std::string base64;
  while (!block.empty()) {
    const std::string_view line = take_line(block);
    if (!line.starts_with('=')) base64 += line;
  }
  auto octets = decode_base64(base64);
  if (!octets || octets->empty()) return std::nullopt;
  return std::move(*octets);
}

// Fingerprint, date, and time of a signature; several signatures: the earliest time.
void read_valid(std::string_view words, SignatureReport& report) {
  const auto take_word = [&] {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    return word;
  };
  report.signer = take_word();
  take_word();
  const std::string_view time = take_word();
  std::int64_t seconds = 0;  // a time that is no number is one before all others
  std::from_chars(time.data(), time.data() + time.size(), seconds);
  report.signed_at = report.signed_at ? std::min(*report.signed_at, seconds) : seconds;
}

}  // namespace

bool is_armored(std::string_view text) {
  return text.find(block_begin) != text.npos;
}

std::optional<std::string> dearmor_keys(std::string_view text) {
  std::string keys;
  for (std::size_t at = text.find(block_begin); at != text.npos;
       at = text.find(block_begin, at + block_begin.size())) {
    const std::size_t begin = at + block_begin.size();
    const std::size_t end = text.find(block_end, begin);
    if (end == text.npos) return std::nullopt;
    const auto octets = dearmor(text.substr(begin, end - begin));
    if (!octets) return std::nullopt;
    keys += *octets;
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

SignatureReport read_signature_status(std::string_view status) {
  SignatureReport report{{}, {}, "it is no signature"};
  bool is_bad = false;
  const auto refuse = [&](const char* problem) {
    is_bad = true;
    report.problem = problem;
  };
  while (!status.empty()) {
    std::string_view line = take_line(status);
    constexpr std::string_view mark = "[GNUPG:] ";
    if (!line.starts_with(mark)) continue;
    line.remove_prefix(mark.size());
    const std::string_view word = line.substr(0, line.find(' '));
    const std::string_view rest = ascii::trim(line.substr(word.size()));
    if (word == "VALIDSIG") read_valid(rest, report);
    if (word == "BADSIG") refuse("it was not made of this archive");
    if (word == "NO_PUBKEY") refuse("it was made by a key that is not trusted");
    if (word == "EXPSIG" || word == "EXPKEYSIG") refuse("it, or its key, has expired");
    if (word == "REVKEYSIG") refuse("its key was revoked");
  }
  if (is_bad) {
    report.signer.clear();
    report.signed_at.reset();
  }
  return report;
}

}  // namespace postern::antispam
