#include "lib/mail/imitation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/base/ascii.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t max_label_size = 63;  // RFC 1035 §2.3.4

// Letters beyond ASCII of a label (RFC 3492 §6.2), without their places; what is no Punycode ends
// it.
class PunycodeLetters {
 public:
  explicit PunycodeLetters(std::string_view digits, std::size_t basic)
      : digits_(digits), count_(basic) {}

  // 0: there are no more.
  char32_t next() {
    std::uint64_t weight = 1;
    const std::uint64_t before = index_;
    for (std::uint64_t k = base;; k += base) {
      const int digit = take_digit();
      if (digit < 0) return 0;
      index_ += static_cast<std::uint64_t>(digit) * weight;
      const std::uint64_t threshold = k <= bias_ ? 1 : std::min<std::uint64_t>(k - bias_, 26);
      if (static_cast<std::uint64_t>(digit) < threshold) break;
      weight *= base - threshold;
      if (weight > limit || index_ > limit) return 0;
    }
    ++count_;
    adapt(index_ - before, before == 0 && is_first_);
    is_first_ = false;
    code_ += index_ / count_;
    index_ = index_ % count_ + 1;
    return code_ > max_code ? 0 : static_cast<char32_t>(code_);
  }

 private:
  static constexpr std::uint64_t base = 36;
  static constexpr std::uint64_t limit = std::uint64_t{1} << 40;
  static constexpr std::uint64_t max_code = 0x10FFFF;

  int take_digit() {
    if (digits_.empty()) return -1;
    const char c = ascii::to_lower(digits_.front());
    digits_.remove_prefix(1);
    if (ascii::is_digit(c)) return c - '0' + 26;
    return ascii::is_alpha(c) ? c - 'a' : -1;
  }

  void adapt(std::uint64_t delta, bool is_first) {
    delta = is_first ? delta / 700 : delta / 2;
    delta += delta / count_;
    std::uint64_t k = 0;
    for (; delta > 455; k += base) delta /= 35;
    bias_ = k + 36 * delta / (delta + 38);
  }

  std::string_view digits_;
  std::uint64_t count_;
  std::uint64_t code_ = 0x80, index_ = 0, bias_ = 72;
  bool is_first_ = true;
};

enum class Script { none, latin, greek, cyrillic, armenian };

Script script_of(char32_t c) {
  struct Block {
    char32_t first, last;
    Script script;
  };
  constexpr std::array<Block, 9> blocks = {{{0xC0, 0x24F, Script::latin},
                                            {0x370, 0x3FF, Script::greek},
                                            {0x400, 0x52F, Script::cyrillic},
                                            {0x530, 0x58F, Script::armenian},
                                            {0x1C80, 0x1C8F, Script::cyrillic},
                                            {0x1E00, 0x1EFF, Script::latin},
                                            {0x1F00, 0x1FFF, Script::greek},
                                            {0x2DE0, 0x2DFF, Script::cyrillic},
                                            {0xA640, 0xA69F, Script::cyrillic}}};
  if (c < 0x80) return ascii::is_alpha(static_cast<char>(c)) ? Script::latin : Script::none;
  for (const Block& block : blocks) {
    if (c >= block.first && c <= block.last) return block.script;
  }
  return Script::none;
}

bool turns_direction(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool turns_direction(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    if (turns_direction(c.code)) return true;
    text.remove_prefix(c.size);
  }
  return false;
}

bool has_mixed_label(std::string_view domain) {
  while (!domain.empty()) {
    const std::size_t dot = std::min(domain.find('.'), domain.size());
    if (has_mixed_scripts(domain.substr(0, dot))) return true;
    domain.remove_prefix(std::min(dot + 1, domain.size()));
  }
  return false;
}

}  // namespace

bool has_mixed_scripts(std::string_view label) {
  constexpr std::string_view prefix = "xn--";
  if (!ascii::starts_with_ignoring_case(label, prefix) || label.size() > max_label_size) {
    return false;
  }
  label.remove_prefix(prefix.size());
  const std::size_t hyphen = label.rfind('-');
  const std::string_view basic = label.substr(0, hyphen == npos ? 0 : hyphen);
  const std::string_view digits = hyphen == npos ? label : label.substr(hyphen + 1);
  Script found = Script::none;
  bool is_mixed = false;
  const auto note = [&](char32_t c) {
    const Script script = script_of(c);
    if (script == Script::none) return;
    is_mixed = is_mixed || (found != Script::none && found != script);
    found = script;
  };
  for (const char c : basic) note(static_cast<unsigned char>(c));
  PunycodeLetters letters(digits, basic.size());
  for (char32_t c = letters.next(); c != 0; c = letters.next()) note(c);
  return is_mixed;
}

std::vector<std::string> imitations(const HeaderSection& header,
                                    std::span<const std::string> author_domains) {
  std::vector<std::string> names;
  if (std::any_of(author_domains.begin(), author_domains.end(), has_mixed_label)) {
    names.emplace_back("author.mixed scripts");
  }
  const std::span<const std::uint32_t> from = header.named("From");
  const auto is_turned = [&header](std::uint32_t place) {
    const std::string_view body = header.fields()[place].body;
    return turns_direction(body) ||
           turns_direction(decode_encoded_words(body, native_charsets()).text);
  };
  if (std::any_of(from.begin(), from.end(), is_turned)) names.emplace_back("author.direction");
  return names;
}

}  // namespace postern::mail
