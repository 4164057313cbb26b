// main.cf and master.cf: what stands in them, and what they will be after changes, by postconf(1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/setup/postfix_plan.hpp"

namespace postern::io {

/// \param directory  Of main.cf; empty: the one of the system.
[[nodiscard]] Expected<setup::PostfixFound, std::string> read_postfix_found(
    const std::string& directory);

/// The directory of main.cf.
[[nodiscard]] Expected<std::string, std::string> postfix_directory(const std::string& given);

struct PostfixTexts {
  std::string main;    ///< main.cf
  std::string master;  ///< master.cf
};

/// Files that are not in place yet, and what Postfix reads in them.
struct DraftedPostfix {
  PostfixTexts texts;
  setup::PostfixFound found;
};

/// What the files will be after changes. Nothing is written where Postfix would read it, and that
/// Postfix reads in the result what was planned has been looked at.
[[nodiscard]] Expected<DraftedPostfix, std::string> draft(
    const PostfixTexts& texts, const std::vector<setup::ParameterChange>& changes);

/// What the files will be without our part of earlier changes.
/// \param found  What they say now.
[[nodiscard]] Expected<DraftedPostfix, std::string> draft_undo(
    const PostfixTexts& texts, const setup::PostfixFound& found,
    const std::vector<setup::ParameterChange>& changes);

/// The value of a changed parameter now; nothing: it is not set.
[[nodiscard]] std::optional<std::string> value_in(const setup::PostfixFound& found,
                                                  const setup::ParameterChange& change);

/// "postfix check": what it says when it does not like the configuration; empty when it does.
[[nodiscard]] std::string postfix_complaint(const std::string& directory);

}  // namespace postern::io
