// Why the classifier judged as it did, in words a person understands.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/antispam/classifier/cells.hpp"
#include "lib/antispam/classifier/personal_model.hpp"
#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

/// One reason. All reasons of a message add up to about its log-odds.
struct ClassifierReason {
  std::string text;  ///< `word "prize"`, `From has "bank"`, `link to example.org`; printable UTF-8.
  double log_odds = 0;  ///< Positive: spam.
};

inline constexpr std::size_t max_quoted_octets = 40;  ///< Of what peers wrote, in one reason.

/// The `count` weightiest reasons, the weightiest first. Features that are no words for a person,
/// runs of four octets and the like, are added up as the part of the message where they stand.
/// \param own  The model of the recipient; nullptr: none.
[[nodiscard]] std::vector<ClassifierReason> explain(RenderedMessage& message,
                                                    const CellSource& source, std::size_t count,
                                                    const PersonalModel* own = nullptr);

}  // namespace postern::antispam
