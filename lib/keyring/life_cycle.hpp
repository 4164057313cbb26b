// How keys go from one state to the next; the only place that changes a state.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/dns/answers.hpp"
#include "lib/keyring/index.hpp"

namespace postern::keyring {

/// How long a record stays published after its key has stopped signing: mail waits in queues for
/// five days, and is verified again by forwarders and readers.
inline constexpr std::chrono::hours default_retire_after{30 * 24};

/// How long DNS must have answered a new record before its key signs: every secondary server has it
/// then, and no cache remembers that there was none.
inline constexpr std::chrono::seconds default_settle{3600};

/// A selector that says when and of what type the key was made: "20261122r", "20261122e"; with one
/// letter more, "20261122rb", when that is taken, or was by a key that is forgotten.
/// \param now      Seconds since the epoch; the day is that of UTC.
/// \param is_taken  Asked for selectors that are not in the index; may be empty.
/// \return An error when all names of the day are taken.
[[nodiscard]] Expected<std::string, std::string> new_selector(
    const Index& index, std::string_view domain, dkim::PublicKey::Type type, std::int64_t now,
    const std::function<bool(const std::string&)>& is_taken);

/// A key to be made by a rotation, or why it is not made now.
struct Rotation {
  std::string domain;
  dkim::PublicKey::Type type = dkim::PublicKey::Type::rsa;
  std::string active;   ///< The selector that is to be replaced.
  std::string pending;  ///< The selector that waits already for its record; empty: make a key.
};

/// The keys that a rotation of a domain replaces: one for each type of which it has an active key.
/// \param older_than  Only keys that have been active for at least this long.
[[nodiscard]] std::vector<Rotation> rotations(const Index& index, std::string_view domain,
                                              std::int64_t now,
                                              std::chrono::seconds older_than = {});

/// All domains of the index, each once, in order.
[[nodiscard]] std::vector<std::string> domains(const Index& index);

/// One thing that has happened to a key, or that hinders it.
struct Step {
  enum class What {
    activated,  ///< Signs from now on.
    retired,    ///< Signs no more, a newer one does; its record must stay.
    dropped,    ///< Out of the index; its file and its record can go.
    waiting,    ///< Pending, and DNS does not answer its record.
    settling,   ///< Pending; DNS answers its record, but not for long enough.
    unsound,    ///< Active or retired, and DNS does not answer its record.
  };
  What what = What::waiting;
  Key key;             ///< As it is now.
  std::string reason;  ///< A sentence without final full stop.
  std::string remedy;  ///< Likewise; empty when there is nothing to be done.
};

[[nodiscard]] std::string_view to_word(Step::What what);

/// What advance() needs to know: the records of all keys that are pending, active, or retired.
[[nodiscard]] dns::Questions advance_questions(const Index& index);

/// How long advance() waits.
struct Patience {
  std::chrono::seconds settle = default_settle;              ///< Before a published key signs.
  std::chrono::seconds retire_after = default_retire_after;  ///< Before a retired key is dropped.
};

/// Takes every key as far as it can go. A pending key whose record DNS answers, and was found to
/// answer `settle` ago and at every look since, becomes active; the older ones of its domain and
/// type retire in the same moment, so that mail is signed by one or the other. A key retired for
/// `retire_after` is dropped, and its selector kept from being used again. A record that is missing
/// or unknown changes nothing: an active key goes on signing.
///
/// \param now      Seconds since the epoch.
/// \param answers  A key whose record was not asked for stays as it is, without a step.
[[nodiscard]] std::vector<Step> advance(Index& index, std::int64_t now, const Patience& patience,
                                        const dns::Answers& answers);

/// Makes a key sign; the others of its domain and type that did, retire.
/// \return Their selectors; or an error fit to be shown: no such key, active already, revoked.
[[nodiscard]] Expected<std::vector<std::string>, std::string> activate(Index& index,
                                                                       std::string_view domain,
                                                                       std::string_view selector,
                                                                       std::int64_t now);

/// Makes an active key stop signing. \return An error when it is not active.
[[nodiscard]] Expected<void, std::string> retire(Index& index, std::string_view domain,
                                                 std::string_view selector, std::int64_t now);

/// Gives a key up for ever. The caller destroys its private half afterwards.
/// \return An error when there is no such key, or it is revoked already.
[[nodiscard]] Expected<void, std::string> revoke(Index& index, std::string_view domain,
                                                 std::string_view selector, std::int64_t now);

/// Takes a key out of the index, and keeps its selector from being used again. The caller deletes
/// its file afterwards.
/// \return An error when there is no such key, or it is active.
[[nodiscard]] Expected<void, std::string> remove(Index& index, std::string_view domain,
                                                 std::string_view selector, std::int64_t now);

/// Notes that the selector of a key that goes is not for another one; see used_selector_seconds.
void keep_from_reuse(Index& index, const Key& key, std::int64_t now);

/// "DOMAIN has no key with selector SELECTOR", with the selectors it has.
[[nodiscard]] std::string no_such_key(const Index& index, std::string_view domain,
                                      std::string_view selector);

}  // namespace postern::keyring
