#include "lib/antispam/message/transfer_decoding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// Blanks at the ends of lines go first, then "=" at the ends of lines: what meets then can make a
// new "=41", but no new line end.
std::string without_soft_breaks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t newline = text.find('\n', begin);
    if (newline == text.npos) {
      out += text.substr(begin);
      break;
    }
    std::size_t end = newline;
    const bool has_cr = end > begin && text[end - 1] == '\r';
    if (has_cr) --end;
    while (end > begin && ascii::is_blank(text[end - 1])) --end;
    std::string_view line = text.substr(begin, end - begin);
    const bool is_soft = line.ends_with('=');
    if (is_soft) line.remove_suffix(1);
    out += line;
    if (!is_soft) out += has_cr ? "\r\n" : "\n";
    begin = newline + 1;
  }
  return out;
}

constexpr std::int8_t not_in_alphabet = -1;

constexpr std::array<std::int8_t, 256> make_alphabet() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = not_in_alphabet;
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    values[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto alphabet = make_alphabet();

// Six bits at a time; bits that do not fill an octet are dropped.
class SixBits {
 public:
  explicit SixBits(std::size_t letters) { out_.reserve(letters * 3 / 4 + 3); }

  void add(std::uint32_t value) {
    bits_ = bits_ << 6 | value;
    count_ += 6;
    if (count_ < 8) return;
    count_ -= 8;
    out_ += static_cast<char>(bits_ >> count_ & 0xFF);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

}  // namespace

void decode_hex_in_place(std::string& text) {
  std::size_t to = text.find('=');
  if (to == text.npos) return;
  std::size_t from = to;
  while (from < text.size()) {
    if (text[from] == '=' && text.size() - from > 2) {
      const int high = ascii::hex_value(text[from + 1]);
      const int low = ascii::hex_value(text[from + 2]);
      if (high >= 0 && low >= 0) {
        text[to++] = static_cast<char>(high << 4 | low);
        from += 3;
        continue;
      }
    }
    text[to++] = text[from++];
  }
  text.resize(to);
}

std::string decode_qp(std::string_view text) {
  std::string out = without_soft_breaks(text);
  decode_hex_in_place(out);
  return out;
}

std::string decode_base64_text(std::string_view text) {
  std::size_t letters = 0;  // of the alphabet or "="
  std::size_t all = 0;      // no white space
  std::size_t last = 0;     // behind the last letter that is not "="
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_space_octet(c)) continue;
    ++all;
    const bool is_letter = alphabet[static_cast<unsigned char>(c)] >= 0;
    if (is_letter || c == '=') ++letters;
    if (is_letter) last = i + 1;
  }
  // Perl has two decoders: where all is well-formed, "=" inside text counts as 0, else as 63.
  const bool is_well_formed = letters == all && all % 4 == 0;
  const std::uint32_t equals_value = is_well_formed ? 0 : 63;
  SixBits bits(letters);
  for (const char c : text.substr(0, last)) {
    const std::int8_t value = alphabet[static_cast<unsigned char>(c)];
    if (value >= 0) {
      bits.add(static_cast<std::uint32_t>(value));
    } else if (c == '=') {
      bits.add(equals_value);
    }
  }
  return bits.take();
}

void squash_line_ends(std::string& text) {
  std::size_t to = text.find("\r\n");
  if (to == text.npos) return;
  std::size_t from = to;
  while (from < text.size()) {
    std::size_t next = text.find("\r\n", from + 1);
    if (next == text.npos) next = text.size();
    const std::size_t begin = from + 1;  // the CR goes
    std::copy(text.begin() + static_cast<std::ptrdiff_t>(begin),
              text.begin() + static_cast<std::ptrdiff_t>(next),
              text.begin() + static_cast<std::ptrdiff_t>(to));
    to += next - begin;
    from = next;
  }
  text.resize(to);
}

}  // namespace postern::antispam
