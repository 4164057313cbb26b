// The macros that Postfix sends before each event, by default or as the milter asked.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/mail_message.hpp"

namespace postern::bench {

/// When macros are sent; the numbers are those of a milter's macro lists (SMFIM_*).
enum class Stage : std::size_t { connect, helo, mail, rcpt, data, end_of_message, end_of_headers };
constexpr std::size_t stage_count = 7;

/// What the macros tell about one message.
struct MacroSource {
  const MailMessage& message;
  std::string_view queue_id;
  std::string_view rcpt;  ///< The recipient at stage rcpt, else the last one.
};

/// The names of the macros for each stage.
class MacroLists {
 public:
  /// Postfix 3.7's own lists.
  MacroLists();
  /// Replaces the list of a stage by names separated by blanks or commas. Postfix keeps its own
  /// list where the milter's is empty; so does this.
  void set(Stage stage, std::string_view names);
  /// Name and value of each macro of the stage that has a value, each NUL-terminated.
  [[nodiscard]] std::string values(Stage stage, const MacroSource& source) const;

 private:
  std::array<std::vector<std::string>, stage_count> names_;
};

}  // namespace postern::bench
