// Log lines of "key=value" pairs (logfmt) that no text of a peer can break or extend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::report {

/// The longest value written, in bytes of the input; what follows becomes "...".
inline constexpr std::size_t max_log_value_size = 256;

/// `text` with quotes, backslashes, and every byte outside 0x20 to 0x7e escaped, as in a log line.
[[nodiscard]] std::string escape(std::string_view text);

/// Builds one line. Keys are our own literals.
class LogLine {
 public:
  /// \param event  From the catalogue of events (lib/event/catalogue.hpp).
  explicit LogLine(std::string_view event);

  /// Adds a pair. A value that is not plain is quoted; every byte outside 0x20 to 0x7e, quotes, and
  /// backslashes are written as \xNN, \", and \\.
  LogLine& add(std::string_view key, std::string_view value);
  LogLine& add(std::string_view key, std::int64_t value);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace postern::report
