// What a store keeps under a key, as octets that tell when they are damaged or not ours.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/bounds.hpp"
#include "lib/store/operation.hpp"

namespace postern::store {

/// Puts and PutIfAbsents keep values; the other operations keep what their names say.
enum class Kind : std::uint8_t { value = 1, counter, bucket, window, sums, admission };

struct StoredValue {
  Kind kind = Kind::value;
  Time written;
  Lifetime lifetime{};
  /// Where an index by time has it; never after expires(). For stores with such an index.
  Time indexed;
  std::string payload;      ///< Of the form its kind has; see the functions below.
  bool expendable = false;  ///< See Put.

  [[nodiscard]] Time expires() const { return written + lifetime; }
  /// A value of the future, written before the clock was set back, is as good as new.
  [[nodiscard]] bool is_live(Time now) const {
    return now < written || clamp_time(now) - written < lifetime;
  }

  bool operator==(const StoredValue&) const = default;
};

/// Octets: version, kind, times, payload, and a checksum over these and the key.
[[nodiscard]] std::string encode(std::string_view key, const StoredValue& value);

/// \param octets  From a file that may be damaged.
/// \return An error for what encode() did not write for this key.
[[nodiscard]] Parsed<StoredValue> decode(std::string_view key, std::string_view octets);

/// Payloads of numbers. Reading wants exactly as many as there are.
[[nodiscard]] std::string pack(std::initializer_list<std::int64_t> numbers);
template <std::size_t N>
using Numbers = std::array<std::int64_t, N>;
template <std::size_t N>
[[nodiscard]] std::optional<Numbers<N>> unpack(std::string_view payload) {
  Numbers<N> numbers{};
  if (payload.size() != sizeof numbers) return std::nullopt;
  std::memcpy(numbers.data(), payload.data(), sizeof numbers);
  return numbers;
}

/// Payloads of sums: the time at which they were, and the sums.
[[nodiscard]] std::string pack_sums(Time at, const std::vector<double>& sums);
struct SumsAt {
  Time at;
  std::vector<double> sums;
};
[[nodiscard]] std::optional<SumsAt> unpack_sums(std::string_view payload);

/// For people: values as they are, numbers in decimal.
[[nodiscard]] std::string text_of(const StoredValue& value);

}  // namespace postern::store
