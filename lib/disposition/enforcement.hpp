// Which checks are carried out, and which are only observed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::disposition {

/// Whether decisions are carried out (enforce), or made, logged, and shown only (observe).
enum class Mode { observe, enforce };
[[nodiscard]] std::string_view to_word(Mode mode);

/// `mode`, and for observe mode `enforce`: what is carried out all the same.
struct Enforcement {
  Mode mode = Mode::observe;
  std::vector<std::string> names;  ///< Of checks and of rules of the policy daemon.

  /// Whether what this check or rule decides is carried out.
  [[nodiscard]] bool covers(std::string_view name) const;
  /// For people and the log: "enforce", "observe", or "observe, but enforce dmarc greylist".
  [[nodiscard]] std::string text() const;
};

/// A check of the milter that can be carried out or observed by itself.
struct Subject {
  std::string_view name;
  std::string_view doc;  ///< What it does in enforce mode, as a phrase.
};

[[nodiscard]] std::span<const Subject> subjects();

/// What stands for every check and every rule where one is switched by its name.
inline constexpr std::string_view all_subjects = "all";
/// Whether nothing else can have this name, since it would be switched together with a check.
[[nodiscard]] bool is_taken_name(std::string_view name);

}  // namespace postern::disposition
