// What programs ask of a store: small atomic operations on keys whose values end by themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace postern::store {

/// Wall-clock time. The caller passes it, so that nothing here reads a clock; a clock that steps
/// back makes no value older than new.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Lifetime = std::chrono::milliseconds;

inline constexpr std::size_t max_key_size = 400;      ///< Octets; LMDB's own limit is 511.
inline constexpr std::size_t max_value_size = 65536;  ///< Octets.

/// Reads a value. Result: Value.
struct Get {
  std::string key;
  auto operator<=>(const Get&) const = default;
};

/// Writes a value. Result: Done.
struct Put {
  std::string key;
  std::string value;
  Lifetime lifetime{};
  /// Goes before all that is not, when the store has to make room. For what strangers can cause to
  /// be written in any number.
  bool expendable = false;
  auto operator<=>(const Put&) const = default;
};

/// Writes a value unless there is one; of two writers at once exactly one finds none. The lifetime
/// of a value that is there becomes the given one when that ends later; it stays expendable if both
/// are. Result: Value, that was there before (nullopt: the given one was written).
struct PutIfAbsent {
  std::string key;
  std::string value;
  Lifetime lifetime{};
  bool expendable = false;  ///< As Put has it.
  auto operator<=>(const PutIfAbsent&) const = default;
};

/// Adds to a counter, which is 0 when absent and saturates. Every Add renews the lifetime.
/// Result: Number, after adding.
struct Add {
  std::string key;
  std::int64_t delta = 0;
  Lifetime lifetime{};
  auto operator<=>(const Add&) const = default;
};

/// Takes `cost` from a limit of `amount` in any `period`, all or nothing. Result: Admission.
struct Take {
  enum class Algorithm {
    gcra,           ///< A full limit at once, refilled evenly (generic cell rate algorithm).
    sliding_window  ///< Counts of this period and, by the share still covered, of the one before.
  };
  std::string key;
  Algorithm algorithm = Algorithm::gcra;
  std::uint64_t amount = 0;
  Lifetime period{};
  std::uint64_t cost = 1;
  /// Names what is counted, such as Postfix's instance: counted once, and then answered the same
  /// way again. Empty: every Take counts.
  std::string once = {};
  auto operator<=>(const Take&) const = default;
};

/// Adds to sums that halve in every half-life. `deltas` of a size other than that stored replace
/// it. All deltas 0: only reads. Result: Sums, after adding.
struct Accumulate {
  std::string key;
  std::vector<double> deltas;
  Lifetime half_life{};
  Lifetime lifetime{};
  auto operator<=>(const Accumulate&) const = default;
};

/// Removes a key. Result: Done.
struct Erase {
  std::string key;
  auto operator<=>(const Erase&) const = default;
};

using Operation = std::variant<Get, Put, PutIfAbsent, Add, Take, Accumulate, Erase>;

struct Done {
  auto operator<=>(const Done&) const = default;
};
struct Value {
  std::optional<std::string> value;
  auto operator<=>(const Value&) const = default;
};
struct Number {
  std::int64_t number = 0;
  auto operator<=>(const Number&) const = default;
};
struct Admission {
  bool admitted = false;
  std::uint64_t remaining = 0;  ///< Of the limit, afterwards.
  Lifetime retry_after{};       ///< When not admitted: until the same cost would be.
  auto operator<=>(const Admission&) const = default;
};
struct Sums {
  std::vector<double> sums;
  auto operator<=>(const Sums&) const = default;
};

/// A value of an unforeseen form under a key of ours counts as absent.
using Result = std::variant<Done, Value, Number, Admission, Sums>;

}  // namespace postern::store
