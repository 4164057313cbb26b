// What greylisting keeps in the store: keys, values, and the changes an operator can ask for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/greylist/settings.hpp"
#include "lib/store/operation.hpp"

namespace postern::greylist {

// Prefixes of keys, for Store::scan. What follows are parts as store::bounded_key joins them.
inline constexpr std::string_view triplet_prefix = "g/t/";  ///< identity|sender|recipient: Triplet
inline constexpr std::string_view known_prefix = "g/w/";    ///< identity: whitelisted
inline constexpr std::string_view passes_prefix = "g/n/";   ///< identity: counter of returns
inline constexpr std::string_view hour_prefix = "g/p/";     ///< identity|hour: a return counted
inline constexpr std::string_view figures_prefix = "g/d/";  ///< day|held, day|returned: counters
inline constexpr std::string_view address_prefix = "w/a/";  ///< address our users wrote to
inline constexpr std::string_view domain_prefix = "w/d/";   ///< domain our users wrote to
inline constexpr store::Lifetime figures_lifetime = std::chrono::hours(90 * 24);

/// RFC 6647 §2.4: who sends, from whom, to whom; the value of its key.
struct Triplet {
  store::Time first;      ///< Of the first attempt.
  bool returned = false;  ///< It came again after the delay.
  bool operator==(const Triplet&) const = default;
};
/// "1732310000000", and "+" when it has returned.
[[nodiscard]] std::string format(const Triplet& triplet);
[[nodiscard]] std::optional<Triplet> parse_triplet(std::string_view value);

[[nodiscard]] std::string triplet_key(std::string_view identity, std::string_view sender,
                                      std::string_view recipient);
[[nodiscard]] std::string key_of(std::string_view prefix, std::string_view part);
[[nodiscard]] std::string hour_key(std::string_view identity, store::Time now);
/// \param what  "held" or "returned".
[[nodiscard]] std::string figures_key(store::Time now, std::string_view what);
/// Days since 1970-01-01, as keys of figures have them; 0 before.
[[nodiscard]] std::int64_t day_of(store::Time now);

/// Identities that an operator means by "example.org", "192.0.2.1", "2001:db8::1", or by an
/// identity itself ("spf:example.org"). Empty for anything else.
[[nodiscard]] std::vector<std::string> identities_named(std::string_view text);

/// `postern greylist pass X`: clients of these identities are not held any more.
[[nodiscard]] std::vector<store::Operation> pass_operations(
    const std::vector<std::string>& identities, const Settings& settings);
/// `postern greylist forget X`: without what was learned of them. Triplets are erased by their own
/// keys, found by a scan.
[[nodiscard]] std::vector<store::Operation> forget_operations(
    const std::vector<std::string>& identities);

}  // namespace postern::greylist
