// Handlers for keys whose value is one number, switch, or text (Conf::Parser's types).
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {

inline constexpr std::string_view switch_form = "0 or 1";
inline constexpr std::string_view number_form = "a number";
inline constexpr std::string_view duration_form = "a time such as 300, 5m, or 1h";
inline constexpr std::string_view text_form = "a text";
inline constexpr std::string_view words_form = "one word or more";
inline constexpr std::string_view nothing_form = "nothing after it";
inline constexpr std::string_view rule_and_text_form = "a rule's name and a text";

/// "yes", "no", "1", "0".
[[nodiscard]] std::optional<bool> switch_value(std::string_view value);
/// Digits with a sign and a fraction.
[[nodiscard]] inline std::optional<double> number_value(std::string_view value) {
  return decimal(value, "+-", true);
}
/// Seconds: a number, perhaps with one of the letters s m h d w.
[[nodiscard]] std::optional<double> duration_value(std::string_view value);

/// Turns a value into what an option holds, as near as that type comes.
template <typename T>
T number_as(double number) {
  if constexpr (std::is_same_v<T, bool>) {
    return number != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return number;
  } else {
    constexpr double most = static_cast<double>(std::numeric_limits<unsigned>::max());
    return static_cast<T>(std::clamp(number, 0.0, most));
  }
}

template <bool Options::*Member>
KeyOutcome read_switch(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto on = switch_value(value);
  if (on) state.set.options.*Member = *on;
  return on ? KeyOutcome::done : KeyOutcome::invalid;
}

template <auto Member>
KeyOutcome read_number(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto number = number_value(value);
  if (!number) return KeyOutcome::invalid;
  auto& target = state.set.options.*Member;
  target = number_as<std::remove_reference_t<decltype(target)>>(*number);
  return KeyOutcome::done;
}

template <double Options::*Member>
KeyOutcome read_duration(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto seconds = duration_value(value);
  if (seconds) state.set.options.*Member = *seconds;
  return seconds ? KeyOutcome::done : KeyOutcome::invalid;
}

template <std::string Options::*Member>
KeyOutcome read_text(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  state.set.options.*Member = value;
  return KeyOutcome::done;
}

}  // namespace postern::antispam
