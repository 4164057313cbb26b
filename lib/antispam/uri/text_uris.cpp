#include "lib/antispam/uri/text_uris.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;

/// What an octet may be, as bits.
enum Class : std::uint8_t {
  ends_url = 1,
  ends_mail = 2,
  ends_local_part = 4,
  opens = 8,              ///< A URI may begin after it.
  opens_schemeless = 16,  ///< So may a host name without a scheme.
  in_host = 32,
  word = 64,
};

constexpr char escape = '\x1b';  // begins a shift sequence of ISO-2022
constexpr char no_break_space = '\xa0';

constexpr void mark(std::array<std::uint8_t, 256>& classes, std::string_view octets,
                    unsigned bits) {
  for (const char c : octets) {
    std::uint8_t& entry = classes[static_cast<unsigned char>(c)];
    entry = static_cast<std::uint8_t>(entry | bits);
  }
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    unsigned bits = 0;
    if (is_word_octet(c)) bits |= word;
    if (ascii::is_alnum(c) || c == '.' || c == '_' || c == '-') bits |= in_host;
    if (!is_ascii_octet(c)) bits |= ends_mail | ends_local_part;
    if (is_space_octet(c) || c == escape || c == no_break_space) {
      bits |= ends_url | ends_mail | ends_local_part | opens | opens_schemeless;
    }
    classes[value] = static_cast<std::uint8_t>(bits);
  }
  mark(classes, "><\"`}]{[|", ends_url | ends_mail | ends_local_part);
  mark(classes, ",('", ends_mail | ends_local_part);
  mark(classes, "@", ends_local_part);
  mark(classes, "><\"'`,{[(|", opens);
  mark(classes, "!\"#$&'()*+,/:;<=>?@[\\]^`{|}~", opens_schemeless);
  return classes;
}

constexpr std::array<std::uint8_t, 256> classes = make_classes();

bool is(char c, Class bits) {
  return (classes[static_cast<unsigned char>(c)] & bits) != 0;
}

/// The next octet of a class (or not of it) from a place on, for places that only grow: linear over
/// all calls.
class NextOf {
 public:
  NextOf(std::string_view line, Class bits, bool of_it = true)
      : line_(line), bits_(bits), of_it_(of_it) {}

  std::size_t from(std::size_t at) {
    if (found_ < at || !asked_) found_ = at;
    asked_ = true;
    while (found_ < line_.size() && is(line_[found_], bits_) != of_it_) ++found_;
    return found_;
  }

 private:
  std::string_view line_;
  Class bits_;
  bool of_it_;
  bool asked_ = false;
  std::size_t found_ = 0;
};

class Scanner {
 public:
  Scanner(std::string_view line, const RegistryBoundaries& boundaries)
      : line_(line), boundaries_(boundaries) {}

  std::vector<TextUri> run() {
    std::vector<TextUri> found;
    for (std::size_t at = 0; at < line_.size();) {
      std::optional<TextUri> uri;
      if (may_begin(at)) {
        uri = known_scheme(at);
        if (!uri) uri = mail(at);
        if (!uri) uri = schemeless(at);
      }
      if (!uri) {
        ++at;
        continue;
      }
      at += uri->text.size();
      found.push_back(*uri);
    }
    return found;
  }

 private:
  [[nodiscard]] bool may_begin(std::size_t at) const {
    const bool after_word = at > 0 && is(line_[at - 1], word);
    if (is(line_[at], word) != after_word) return true;
    if (at == 0) return false;
    if (is(line_[at - 1], opens)) return true;
    return at >= 3 && line_[at - 3] == escape && line_[at - 2] == '(' && line_[at - 1] != '\n';
  }

  [[nodiscard]] bool has(std::size_t at, std::string_view prefix) const {
    return ascii::starts_with_ignoring_case(line_.substr(at), prefix);
  }

  /// Octets of "http://", "ftp://", "www1.", or "ftp." at `at`; 0: none.
  [[nodiscard]] std::size_t scheme_size(std::size_t at) const {
    switch (ascii::to_lower(line_[at])) {
      case 'h':
        if (has(at, "http://")) return 7;
        return has(at, "https://") ? 8 : 0;
      case 'f':
        if (has(at, "ftp://")) return 6;
        return has(at, "ftp.") ? 4 : 0;
      case 'w': {
        if (!has(at, "www")) return 0;
        std::size_t end = at + 3;
        while (end < line_.size() && end < at + 5 && ascii::is_digit(line_[end])) ++end;
        return end < line_.size() && line_[end] == '.' ? end + 1 - at : 0;
      }
      default: return 0;
    }
  }

  [[nodiscard]] TextUri made(TextUri::Kind kind, std::size_t at, std::size_t end) const {
    return {kind, line_.substr(at, end - at), {}};
  }

  std::optional<TextUri> known_scheme(std::size_t at) {
    const std::size_t begin = at + scheme_size(at);
    if (begin == at) return std::nullopt;
    const std::size_t end = url_end_.from(begin);
    if (end == begin || end - begin > max_text_uri) return std::nullopt;
    return made(TextUri::Kind::scheme, at, end);
  }

  std::optional<TextUri> mail(std::size_t at) {
    constexpr std::string_view scheme = "mailto:";
    if (has(at, scheme)) {
      const std::size_t begin = at + scheme.size();
      const std::size_t end = mailto_end_.from(begin);
      if (end > begin && end - begin <= max_text_uri) return made(TextUri::Kind::mail, at, end);
    }
    const std::size_t sign = local_end_.from(at);
    const std::size_t local = sign - at;
    if (sign == line_.size() || line_[sign] != '@' || local == 0 || local > max_mail_part) {
      return std::nullopt;
    }
    const std::size_t end = mail_end_.from(sign + 1);
    if (end == sign + 1 || end - sign - 1 > max_mail_part) return std::nullopt;
    return made(TextUri::Kind::mail, at, end);
  }

  std::optional<TextUri> schemeless(std::size_t at) {
    if (at > 0 && !is(line_[at - 1], opens_schemeless)) return std::nullopt;
    if (!ascii::is_alnum(line_[at])) return std::nullopt;
    const std::size_t run = host_end_.from(at);
    std::string_view host = line_.substr(at, run - at);
    if (host.ends_with('.')) host.remove_suffix(1);
    const std::size_t dot = host.rfind('.');
    if (dot == npos || dot == 0 || dot > max_schemeless_host) return std::nullopt;
    if (!boundaries_.is_tld(host.substr(dot + 1))) return std::nullopt;
    const std::size_t end = schemeless_end(run);
    if (end == npos) return std::nullopt;
    TextUri uri = made(TextUri::Kind::schemeless, at, end);
    uri.host = host;
    return uri;
  }

  /// After host and perhaps a dot: a port, a path, and then a delimiter.
  std::size_t schemeless_end(std::size_t at) {
    if (at < line_.size() && line_[at] == ':') {
      std::size_t end = at + 1;
      while (end < line_.size() && end < at + 6 && ascii::is_digit(line_[end])) ++end;
      if (end == at + 1) return npos;
      at = end;
    }
    if (at == line_.size() || is(line_[at], ends_url)) return at;
    if (line_[at] != '/') return npos;
    const std::size_t end = path_end_.from(at + 1);
    return end == at + 1 || end - at - 1 > max_text_uri ? npos : end;
  }

  std::string_view line_;
  const RegistryBoundaries& boundaries_;
  NextOf url_end_{line_, ends_url};
  NextOf mailto_end_{line_, ends_mail};
  NextOf local_end_{line_, ends_local_part};
  NextOf mail_end_{line_, ends_mail};
  NextOf host_end_{line_, in_host, false};
  NextOf path_end_{line_, ends_url};
};

}  // namespace

std::vector<TextUri> text_uris(std::string_view line, const RegistryBoundaries& boundaries) {
  return Scanner(line, boundaries).run();
}

}  // namespace postern::antispam
