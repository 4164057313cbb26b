// Evals that find our own relays in a mail that came back (Mail::SpamAssassin::Plugin::VBounce).
#include <algorithm>
#include <array>
#include <optional>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

/// "> > Received: …"
bool is_received(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of("> "), line.size());
  return ascii::starts_with_ignoring_case(line.substr(begin), "Received:");
}

/// Something on both sides of a dot.
bool is_host(std::string_view word) {
  return word.size() >= 3 && word.substr(1, word.size() - 2).find('.') != word.npos;
}

/// Finds hosts between white space in lines that belong together. One that shares its white space
/// with a host before it is passed over, as in SpamAssassin.
class HostReader {
 public:
  /// \param is_space  White space that counts; any other ends a word all the same.
  /// \param globs     Hosts that are looked for.
  HostReader(bool (*is_space)(char), const AddressGlobs& globs)
      : is_space_(is_space), globs_(globs) {}

  /// \param line  Outlives the next call.
  /// \return Whether a host that was looked for ended in it.
  bool read(std::string_view line) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (!is_space_octet(line[at])) continue;
      const std::string_view word = at == 0 ? pending_ : line.substr(begin, at - begin);
      if (end_word(word, line[at])) return true;
      begin = at + 1;
    }
    pending_ = line.substr(std::min(begin, line.size()));
    return false;
  }

 private:
  bool end_word(std::string_view word, char space) {
    const bool counts = follows_space_ && is_space_(space) && is_host(word);
    follows_space_ = is_space_(space) && !counts;
    return counts && any_glob_matches(globs_, word);
  }

  bool (*is_space_)(char);
  const AddressGlobs& globs_;
  bool follows_space_ = false;
  std::string_view pending_;  ///< Of the line before: no white space has ended it yet.
};

bool is_in_text(EvalContext& context) {
  const auto is_blank = [](char c) { return c == ' '; };
  const AddressGlobs& globs = context.message.options().welcomelist_bounce_relays;
  const auto& body = context.message.body();
  return std::any_of(body.begin(), body.end(), [&](const std::string& line) {
    return is_received(line) && HostReader(is_blank, globs).read(line);
  });
}

bool is_in_raw_body(EvalContext& context) {
  const auto is_space = [](char c) { return is_space_octet(c); };
  const AddressGlobs& globs = context.message.options().welcomelist_bounce_relays;
  std::optional<HostReader> reader;  // of the Received field that the lines belong to
  for (const std::string_view line : lines_of(context.message.pristine_body())) {
    const bool is_folded = !line.empty() && is_space_octet(line.front()) && !is_received(line);
    if (!is_folded) reader.reset();
    if (is_received(line)) reader.emplace(is_space, globs);
    if (reader && reader->read(line)) return true;
  }
  return false;
}

double have_any_bounce_relays(EvalContext& context, Values) {
  return !context.message.options().welcomelist_bounce_relays.empty();
}

double check_welcomelist_bounce_relays(EvalContext& context, Values) {
  return !context.message.options().welcomelist_bounce_relays.empty() &&
         (is_in_text(context) || is_in_raw_body(context));
}

constexpr std::array rows = {
    Eval{"check_welcomelist_bounce_relays", "VBounce", check_welcomelist_bounce_relays},
    Eval{"check_whitelist_bounce_relays", "VBounce", check_welcomelist_bounce_relays},
    Eval{"have_any_bounce_relays", "VBounce", have_any_bounce_relays},
};

}  // namespace

std::span<const Eval> vbounce_evals() {
  return rows;
}

}  // namespace postern::antispam
