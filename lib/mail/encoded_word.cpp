#include "lib/mail/encoded_word.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/mail/transfer_encoding.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

struct EncodedWord {
  std::string_view charset;  // without RFC 2231 §5 language
  bool is_base64 = false;
  std::string_view text;
  std::size_t size = 0;  // of the whole word
};

// The encoded-word at the start of `text`, which begins with "=?". Each of its three parts ends at
// the next "?", so text is looked at a fixed number of times even if every word is unfinished.
std::optional<EncodedWord> parse_encoded_word(std::string_view text) {
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == text.npos || charset_end + 2 >= text.size()) return std::nullopt;
  const char encoding = ascii::to_lower(text[charset_end + 1]);
  const std::size_t begin = charset_end + 3;
  if (text[charset_end + 2] != '?' || (encoding != 'b' && encoding != 'q')) return std::nullopt;
  const std::size_t end = text.find('?', begin);
  if (end == text.npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  if (!ascii::is_token(charset)) return std::nullopt;
  return EncodedWord{charset, encoding == 'b', text.substr(begin, end - begin), end + 2};
}

// The "Q" encoding (RFC 2047 §4.2).
std::string decode_q(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int octet = text[at] == '=' ? hex_octet(text.substr(at + 1)) : -1;
    if (octet >= 0) {
      bytes += static_cast<char>(octet);
      at += 2;
    } else {
      bytes += text[at] == '_' ? ' ' : text[at];
    }
  }
  return bytes;
}

constexpr bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 0x20 && c != '\t') || octet == 0x7f;
}

// Collects the octets of words that follow one another in one charset, so that they are
// converted together.
class Decoder {
 public:
  Decoder(const CharsetConverter& charsets, std::size_t max_size)
      : charsets_(charsets), max_size_(max_size) {}

  void add_word(const EncodedWord& word) {
    if (!ascii::equals_ignoring_case(word.charset, charset_)) end_words();
    charset_ = word.charset;
    words_ += word.is_base64 ? decode_base64_body(word.text) : decode_q(word.text);
    if (words_.size() > max_octets()) words_.resize(max_octets() + 1);
  }
  void add_literal(std::string_view text) {
    end_words();
    const std::size_t enough = max_size_ + 4;  // more than fits, even without its last character
    const bool is_valid = is_utf8(text);
    if (text.size() > enough) text = is_valid ? cut_utf8(text, enough) : text.substr(0, enough);
    append(unlabelled_to_utf8(text));
  }
  // Whether so much waits or is done that the end cannot be shown.
  [[nodiscard]] bool is_full() const { return text_.size() + words_.size() > max_octets(); }

  DecodedText finish() {
    end_words();
    DecodedText result;
    const std::string_view cut = cut_utf8(text_, max_size_);
    if (cut.size() < text_.size() || is_cut_) result.limits.add(Limit::decoded_text);
    text_.resize(cut.size());
    result.text = std::move(text_);
    return result;
  }
  void set_cut() { is_cut_ = true; }

 private:
  // A character has at most four octets in any charset.
  [[nodiscard]] std::size_t max_octets() const { return 4 * max_size_; }
  void end_words() {
    if (!words_.empty()) append(text_to_utf8(words_, charset_, charsets_));
    words_.clear();
    charset_ = {};
  }
  // Decoded text must not be able to end the line it is shown on.
  void append(std::string text) {
    std::replace_if(text.begin(), text.end(), is_control, ' ');
    text_ += text;
  }

  const CharsetConverter& charsets_;
  std::size_t max_size_;
  std::string_view charset_;
  std::string words_;
  std::string text_;
  bool is_cut_ = false;
};

}  // namespace

DecodedText decode_encoded_words(std::string_view text, const CharsetConverter& charsets,
                                 const Limits& limits) {
  const std::string line = unfold(text);
  const std::string_view rest(line);
  Decoder decoder(charsets, limits.decoded_text);
  std::size_t literal = 0;  // start of text that is no word
  bool after_word = false;
  for (std::size_t at = rest.find("=?"); at != rest.npos; at = rest.find("=?", at)) {
    if (decoder.is_full()) break;
    const auto word = parse_encoded_word(rest.substr(at));
    if (!word) {
      at += 2;
      continue;
    }
    const std::string_view between = rest.substr(literal, at - literal);
    if (!after_word || !ascii::trim(between).empty()) {
      if (!between.empty()) decoder.add_literal(between);
    }
    decoder.add_word(*word);
    at += word->size;
    literal = at;
    after_word = true;
  }
  if (decoder.is_full()) {
    decoder.set_cut();
  } else {
    decoder.add_literal(rest.substr(literal));
  }
  return decoder.finish();
}

}  // namespace postern::mail
