// A small set of enumerators, for what a parser noticed on its way.
#pragma once

#include <cstdint>
#include <string>

namespace postern::mail {

/// Set of enumerators of E, whose values are 0 to 31. `to_text(E)` names each.
template <typename E>
class FlagSet {
 public:
  constexpr void add(E flag) { bits_ |= bit(flag); }
  constexpr void add(FlagSet flags) { bits_ |= flags.bits_; }
  [[nodiscard]] constexpr bool contains(E flag) const { return (bits_ & bit(flag)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  /// The names of all members in the order of the enumeration, separated by ", ".
  [[nodiscard]] std::string text() const {
    std::string names;
    for (unsigned value = 0; value < 32; ++value) {
      if ((bits_ >> value & 1U) == 0) continue;
      if (!names.empty()) names += ", ";
      names += to_text(static_cast<E>(value));
    }
    return names;
  }

  bool operator==(const FlagSet&) const = default;

 private:
  static constexpr std::uint32_t bit(E flag) { return 1U << static_cast<unsigned>(flag); }

  std::uint32_t bits_ = 0;
};

}  // namespace postern::mail
