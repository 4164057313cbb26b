#include "lib/antispam/update/history.hpp"

#include <algorithm>
#include <charconv>

#include "lib/antispam/update/channel.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Failure = Unexpected<std::string>;

constexpr std::size_t digest_size = 128;  // hexadecimal digits of SHA-512
constexpr std::string_view without_time = "-";

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

std::optional<UsedState> parse_state(std::string_view line) {
  UsedState state;
  state.channel = take_until(line, ' ');
  const auto version = whole_number<std::uint64_t>(take_until(line, ' '));
  const auto digest = parse_digest(take_until(line, ' '), digest_size);
  if (!is_channel_name(state.channel) || !version || !digest) return std::nullopt;
  state.version = *version;
  state.digest = *digest;
  if (line == without_time) return state;
  state.signed_at = whole_number<std::int64_t>(line);
  return state.signed_at ? std::optional(std::move(state)) : std::nullopt;
}

const UsedState* newest_of(const RuleHistory& history, std::string_view channel) {
  const auto found = std::find_if(history.rbegin(), history.rend(),
                                  [&](const UsedState& s) { return s.channel == channel; });
  return found == history.rend() ? nullptr : &*found;
}

std::string accepted_by(std::uint64_t version) {
  return "; if you know that it is right: --accept " + std::to_string(version);
}

}  // namespace

Expected<RuleHistory, std::string> parse_history(std::string_view text) {
  RuleHistory history;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto state = parse_state(take_until(text, '\n'));
    if (!state) {
      return Failure("line " + std::to_string(number) +
                     ": is not CHANNEL VERSION SHA512 TIME; remove the line");
    }
    add_used_state(history, std::move(*state));
  }
  return history;
}

std::string format_history(const RuleHistory& history) {
  std::string text;
  for (const UsedState& state : history) {
    text += state.channel + " " + std::to_string(state.version) + " " + state.digest + " ";
    text += state.signed_at ? std::to_string(*state.signed_at) : std::string(without_time);
    text += "\n";
  }
  return text;
}

void add_used_state(RuleHistory& history, UsedState state) {
  // What came into use again stands at the end, and once.
  history.erase(std::remove(history.begin(), history.end(), state), history.end());
  history.push_back(std::move(state));
  if (history.size() > max_used_states) history.erase(history.begin());
}

std::string problem_of_version(const RuleHistory& history, std::string_view channel,
                               std::uint64_t version, std::optional<std::uint64_t> present) {
  const UsedState* const last = newest_of(history, channel);
  const auto newest = last == nullptr ? present : std::optional(last->version);
  if (newest && version < *newest) {
    return "it is older than version " + std::to_string(*newest) + ", which was in use" +
           accepted_by(version);
  }
  const bool is_beyond = newest ? version - *newest > std::max(*newest, max_version_step)
                                : channel == default_channel && version > max_first_version;
  if (!is_beyond) return {};
  return "the number is beyond reason" +
         (newest ? " after " + std::to_string(*newest) : std::string()) +
         ", and no real version would ever be newer" + accepted_by(version);
}

std::string problem_of_state(const RuleHistory& history, const UsedState& state) {
  const UsedState* const last = newest_of(history, state.channel);
  if (last != nullptr && last->digest == state.digest) return {};  // only its number is new
  const auto known = std::find_if(history.begin(), history.end(), [&](const UsedState& used) {
    return used.digest == state.digest &&
           (used.version != state.version || used.channel != state.channel);
  });
  if (known != history.end()) {
    return "the archive is that of version " + std::to_string(known->version) + " of " +
           known->channel + ", which was in use; whoever serves it does not serve what is new" +
           accepted_by(state.version);
  }
  if (last == nullptr || !last->signed_at || !state.signed_at ||
      *state.signed_at >= *last->signed_at) {
    return {};
  }
  return "the archive was signed before that of version " + std::to_string(last->version) +
         ", which was in use; whoever serves it does not serve what is new" +
         accepted_by(state.version);
}

}  // namespace postern::antispam
