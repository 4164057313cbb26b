#include "lib/dkim/body_canonicalizer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/ascii.hpp"

namespace postern::dkim {
namespace {

// Sixteen octets compared at once; compilers turn this into the vector unit of the machine.
constexpr std::size_t block_size = 16;
using Block = std::uint8_t __attribute__((vector_size(block_size)));

Block load(const char* from) {
  Block block;
  std::memcpy(&block, from, block_size);
  return block;
}

template <typename Mask>
bool any(const Mask& mask) {
  std::uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// White space that cannot stay as it is: a tab, or a space with more white space or CR behind it.
bool must_change(std::string_view bytes, std::size_t at) {
  if (bytes[at] == '\t') return true;
  if (bytes[at] != ' ') return false;
  return at + 1 == bytes.size() || ascii::is_blank(bytes[at + 1]) || bytes[at + 1] == '\r';
}

// How many octets at the beginning pass the relaxed algorithm unchanged.
std::size_t count_unchanged(std::string_view bytes) {
  constexpr std::uint8_t tab = '\t';
  constexpr std::uint8_t space = ' ';
  std::size_t at = 0;
  while (at < bytes.size()) {
    // A space before any control octet is a candidate too: rare, and one comparison saves two.
    for (; at + 2 * block_size < bytes.size(); at += 2 * block_size) {
      const char* from = bytes.data() + at;
      const Block low = load(from);
      const Block high = load(from + block_size);
      const auto low_hits = (low == tab) | ((low == space) & (load(from + 1) <= space));
      const auto high_hits =
          (high == tab) | ((high == space) & (load(from + block_size + 1) <= space));
      if (any(low_hits | high_hits)) break;
    }
    const std::size_t end = std::min(bytes.size(), at + 2 * block_size);
    for (; at < end; ++at) {
      if (must_change(bytes, at)) return at;
    }
  }
  return bytes.size();
}

constexpr std::size_t rewrite_size = 64;

constexpr std::string_view crlf = "\r\n";
// Withheld line ends are written from here, so that a million of them need no memory.
constexpr std::string_view many_crlf =
    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"
    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

}  // namespace

void BodyCanonicalizer::update(std::string_view bytes) {
  if (canonicalization_ == Canonicalization::simple) {
    hold_empty_lines(bytes);
  } else {
    reduce(bytes);
  }
}

void BodyCanonicalizer::reduce(std::string_view bytes) {
  if (cr_after_blank_ && !bytes.empty()) {
    cr_after_blank_ = blank_ = false;
    hold_empty_lines(bytes.front() == '\n' ? std::string_view("\r") : std::string_view(" \r"));
  }
  while (!bytes.empty()) {
    if (blank_) {
      bytes.remove_prefix(rewrite(bytes));
      continue;
    }
    const std::size_t unchanged = count_unchanged(bytes);
    hold_empty_lines(bytes.substr(0, unchanged));
    blank_ = unchanged < bytes.size();
    bytes.remove_prefix(unchanged);
  }
}

// Where white space changes, octets are copied one by one for a short while: what has one run
// often has the next one near. Gives how many octets are done with.
std::size_t BodyCanonicalizer::rewrite(std::string_view bytes) {
  std::array<char, rewrite_size + 1> copy;
  std::size_t size = 0;
  std::size_t at = 0;
  for (const std::size_t end = std::min(bytes.size(), rewrite_size); at < end; ++at) {
    const char c = bytes[at];
    if (ascii::is_blank(c)) {
      blank_ = true;
      continue;
    }
    if (blank_) {
      if (c == '\r' && at + 1 == bytes.size()) {  // is it a line end? The next piece tells.
        cr_after_blank_ = true;
        ++at;
        break;
      }
      if (c != '\r' || bytes[at + 1] != '\n') copy[size++] = ' ';
      blank_ = false;
    }
    copy[size++] = c;
  }
  hold_empty_lines({copy.data(), size});
  return at;
}

void BodyCanonicalizer::hold_empty_lines(std::string_view bytes) {
  if (bytes.empty()) return;
  if (cr_) {
    cr_ = false;
    if (bytes.front() == '\n') {
      ++line_ends_;
      bytes.remove_prefix(1);
    } else {
      put("\r");
    }
  }
  std::string_view content = bytes;
  const bool ends_in_cr = content.ends_with('\r');
  if (ends_in_cr) content.remove_suffix(1);
  std::uint64_t last_line_ends = 0;
  for (; content.ends_with(crlf); content.remove_suffix(crlf.size())) ++last_line_ends;
  if (!content.empty()) put(content);
  line_ends_ += last_line_ends;
  cr_ = ends_in_cr;
}

void BodyCanonicalizer::put(std::string_view octets) {
  is_empty_ = false;
  while (line_ends_ > 0) {
    const std::uint64_t count = std::min<std::uint64_t>(line_ends_, many_crlf.size() / crlf.size());
    sink_.put(many_crlf.substr(0, count * crlf.size()));
    line_ends_ -= count;
  }
  sink_.put(octets);
}

void BodyCanonicalizer::finish() {
  // White space with nothing behind it ends the last line, so it goes; a bare CR keeps it.
  if (cr_after_blank_) hold_empty_lines(" \r");
  if (cr_) put("\r");
  // The last line gets its end; an empty body has a line only for simple (RFC 6376 §3.4.3).
  if (!is_empty_ || canonicalization_ == Canonicalization::simple) sink_.put(crlf);
}

}  // namespace postern::dkim
