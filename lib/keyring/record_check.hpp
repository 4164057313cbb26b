// Whether DNS answers the record of a key of ours as it should, and if not, what went wrong.
#pragma once

#include <string>
#include <string_view>

#include "lib/dns/answers.hpp"
#include "lib/keyring/key.hpp"

namespace postern::keyring {

/// What DNS says of one record, and what to do about it.
struct RecordJudgement {
  enum class Result {
    published,  ///< As wanted: receivers can verify with it; or a revoked key is known as such.
    absent,     ///< There is no record.
    wrong,      ///< There is one with which no signature of the key can be verified.
    unknown,    ///< DNS failed, or was not asked.
  };
  Result result = Result::unknown;
  std::string sentence;  ///< Names the record; without final full stop.
  std::string remedy;  ///< One sentence without final full stop; empty when nothing is to be done.

  bool operator==(const RecordJudgement&) const = default;
};

[[nodiscard]] std::string_view to_word(RecordJudgement::Result result);

/// What to ask before judging: the record, and the name at which it stands when a provider's form
/// has added the domain a second time.
[[nodiscard]] dns::Questions record_questions(const Key& key);

/// Judges the record of a key in any state; a revoked key wants the empty p= or no record. Only the
/// exact public key will do. An unanswered question gives Result::unknown.
///
/// \param answers  From any DNS server. Its texts are judged, and never quoted.
[[nodiscard]] RecordJudgement judge_record(const Key& key, const dns::Answers& answers);

}  // namespace postern::keyring
