#include "lib/io/iconv/charset_converter.hpp"

#include <iconv.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "lib/io/iconv/charset_table.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::io {
namespace {

// One open conversion to UTF-8.
class Iconv {
 public:
  explicit Iconv(const char* from) : handle_(iconv_open("UTF-8", from)) {}
  ~Iconv() {
    if (is_open()) iconv_close(handle_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;

  // POSIX: (iconv_t)-1 when it does not know the charset.
  [[nodiscard]] bool is_open() const {
    return handle_ != iconv_t(-1);  // NOLINT(performance-no-int-to-ptr)
  }

  // Converts what fits into `out`. Returns errno, or 0 when all of `in` was converted.
  int convert(std::string_view& in, std::string_view& done, std::array<char, 4096>& out) {
    char* from = const_cast<char*>(in.data());  // iconv reads through this pointer only
    std::size_t from_size = in.size();
    char* to = out.data();
    std::size_t to_size = out.size();
    const std::size_t status = iconv(handle_, &from, &from_size, &to, &to_size);
    const int problem = status == static_cast<std::size_t>(-1) ? errno : 0;
    in = in.substr(in.size() - from_size);
    done = std::string_view(out.data(), out.size() - to_size);
    return problem;
  }

  // What the conversion still holds back, such as a letter that an accent may follow.
  std::string_view flush(std::array<char, 4096>& out) {
    char* to = out.data();
    std::size_t to_size = out.size();
    iconv(handle_, nullptr, nullptr, &to, &to_size);
    return {out.data(), out.size() - to_size};
  }

 private:
  iconv_t handle_;
};

std::string convert_all(Iconv& iconv, std::string_view bytes, std::size_t unit) {
  const std::size_t max_size = 4 * bytes.size();
  std::string text;
  std::array<char, 4096> buffer{};
  std::string_view rest = bytes;
  while (!rest.empty() && text.size() <= max_size) {
    const std::size_t before = rest.size();
    std::string_view done;
    const int problem = iconv.convert(rest, done, buffer);
    text += done;
    if (problem == 0 && rest.empty()) break;
    const bool is_only_full = problem == E2BIG && (rest.size() < before || !done.empty());
    if (is_only_full) continue;
    // EILSEQ, EINVAL (the text ends inside a character), or an iconv that does not move.
    text += mail::replacement_character;
    rest.remove_prefix(std::min(unit, rest.size()));
  }
  text += iconv.flush(buffer);
  return text;
}

}  // namespace

std::optional<std::string> IconvCharsets::to_utf8(std::string_view bytes,
                                                  std::string_view charset) const {
  if (auto text = mail::native_charsets().to_utf8(bytes, charset)) return text;
  const auto known = find_charset(charset);
  if (!known) return std::nullopt;
  Iconv iconv(known->iconv_name.data());
  if (!iconv.is_open()) return std::nullopt;
  const std::string text = convert_all(iconv, bytes, known->unit);
  return mail::repair_utf8(mail::cut_utf8(text, 4 * bytes.size()));
}

}  // namespace postern::io
