// What the learner publishes in the store of mailboxes and of itself, for those who answer Postfix.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/quota/settings.hpp"
#include "lib/quota/usage.hpp"
#include "lib/store/known.hpp"

namespace postern::quota {

inline constexpr std::string_view usage_prefix = "q/u/";  ///< USER: a line of Usage; for scans.

/// How often a learner says that it listens, and after what time without it does not count any
/// more: what was published before may have changed unheard.
inline constexpr std::chrono::seconds alive_interval{20};
inline constexpr std::chrono::seconds alive_lifetime{60};

/// To be run at start and in every alive_interval, once any usage has been heard of.
/// \param host   Of the learner.
/// \param since  When it began to listen.
[[nodiscard]] std::vector<store::Operation> alive_operations(std::string_view host,
                                                             store::Time since);
/// To be run when a learner ends.
[[nodiscard]] std::vector<store::Operation> away_operations(std::string_view host);
/// Reads whether this or another learner has published before: a Get, with a value if so.
[[nodiscard]] store::Operation gate_lookup();

/// Reads what is published of a user, whose case does not matter: a Get for parse_usage().
[[nodiscard]] store::Operation usage_lookup(std::string_view user);
[[nodiscard]] std::optional<Usage> usage_of(const store::Result& result);

/// What makes a user unknown.
[[nodiscard]] std::vector<store::Operation> forget_operations(std::string_view user);

/// Reads since when a host's learner listens.
[[nodiscard]] store::Operation alive_lookup(std::string_view host);
[[nodiscard]] std::optional<store::Time> since_of(const store::Result& result);

/// Why what is published does not count for now: a literal, or empty when it does.
/// \param since  When the learner of its host began to listen, if that still does.
[[nodiscard]] std::string_view doubt(const Usage& usage, std::optional<store::Time> since,
                                     const Settings& settings, store::Time now);

/// That a user has been told of a level; somebody writes it who tells.
[[nodiscard]] std::string warned_key(std::string_view user, std::int64_t level);
inline constexpr std::int64_t full_level = 100;  ///< Mail is refused; the postmaster is told.

/// What the learner writes when it hears of a usage, with its host: nothing if what is published
/// has been counted later. Usages of one user must be taken one after another.
/// \return Nothing while a result of the store is missing, which `wants` has noted then.
[[nodiscard]] std::optional<std::vector<store::Operation>> publish(const Usage& usage,
                                                                   const Settings& settings,
                                                                   store::Wants& wants,
                                                                   store::Time now);

}  // namespace postern::quota
