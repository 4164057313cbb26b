// The ledger: what was learned of whom, so that nothing counts twice and a change of mind counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"
#include "lib/training/event.hpp"

namespace postern::training {

// Prefixes of keys, for Store::scan. USER is user_part().
inline constexpr std::string_view message_prefix = "t/m/";  ///< USER|hash: State
inline constexpr std::string_view receipt_prefix = "t/r/";  ///< USER|id: Receipt
inline constexpr std::string_view count_prefix = "t/n/";    ///< USER|spam, USER|ham: counters
inline constexpr std::string_view site_prefix = "t/s/";     ///< spam, ham: counters
inline constexpr std::string_view user_prefix = "t/u/";     ///< USER: UserEntry
inline constexpr store::Lifetime receipt_lifetime = std::chrono::hours(24 * 30);

/// What became of an event.
enum class Outcome {
  learned,    ///< The message was new.
  relearned,  ///< It had been learned as the other kind, which is taken back.
  forgotten,  ///< It had been learned, which is taken back.
  known,      ///< It had been learned as this kind, or is to be forgotten and was not learned.
  outdated    ///< The user has said something later.
};
[[nodiscard]] std::string_view to_word(Outcome outcome);

/// As what a message of a user is learned now.
struct State {
  Kind kind = Kind::spam;  ///< none: it was forgotten; what comes late does not count again.
  store::Time time;        ///< When the user last said so.
  bool operator==(const State&) const = default;
};
/// "spam 1732310000000".
[[nodiscard]] std::string format(const State& state);
[[nodiscard]] std::optional<State> parse_state(std::string_view value);

/// That an event was counted, and how.
struct Receipt {
  Outcome outcome = Outcome::learned;
  Event event;
};
/// "learned train1 id=…".
[[nodiscard]] std::string format(const Receipt& receipt);
[[nodiscard]] std::optional<Receipt> parse_receipt(std::string_view value);

/// A user who taught something, and when last.
struct UserEntry {
  std::string user;
  store::Time last;
};
[[nodiscard]] std::string format(const UserEntry& entry);
[[nodiscard]] std::optional<UserEntry> parse_user_entry(std::string_view value);

/// A user in a key: as it is, or cut and told apart by a hash when it is long.
[[nodiscard]] std::string user_part(std::string_view user);
/// The beginning of all keys of a user below one of the prefixes above.
[[nodiscard]] std::string user_keys(std::string_view prefix, std::string_view user);

struct Decision {
  Outcome outcome = Outcome::learned;
  bool is_repeated = false;  ///< The event came before; then there is nothing to write.
  /// To be run in one batch: with a store that does a batch as a whole, an event counts wholly or
  /// not at all, and may be tried again.
  std::vector<store::Operation> writes;

  /// Whether it changed what is learned, so that the message is worth keeping.
  [[nodiscard]] bool is_news() const {
    return outcome == Outcome::learned || outcome == Outcome::relearned;
  }
};

/// Decides about an event with a hash. Events of one user must be decided one after another.
/// \return Nothing while a result of the store is missing, which `wants` has noted then.
[[nodiscard]] std::optional<Decision> evaluate(const Event& event, store::Wants& wants);

/// How much was learned.
struct Counts {
  std::int64_t spam = 0;
  std::int64_t ham = 0;
};
/// Reads the counts of a user, or of the site when empty: two operations, that of spam first.
[[nodiscard]] std::vector<store::Operation> count_lookups(std::string_view user);
[[nodiscard]] Counts counts_of(const store::Result& spam, const store::Result& ham);

/// So many messages of each kind must be learned before they say much of the next one.
inline constexpr std::int64_t enough_messages = 200;
[[nodiscard]] constexpr bool is_enough(const Counts& counts) {
  return counts.spam >= enough_messages && counts.ham >= enough_messages;
}

/// Reads as what a message is learned now: a Get whose value parse_state() reads, if there is one.
[[nodiscard]] store::Operation state_lookup(std::string_view user, std::string_view hash);

/// Takes back that a message was learned: for messages of tests. Its receipts stay.
/// \param event  With user, hash, and the kind that it is learned as now, spam or ham.
[[nodiscard]] std::vector<store::Operation> unlearn_operations(const Event& event);

/// Takes a user out of the counts. States and receipts are erased by their own keys, found by
/// scans.
[[nodiscard]] std::vector<store::Operation> forget_operations(std::string_view user,
                                                              const Counts& counts);

}  // namespace postern::training
