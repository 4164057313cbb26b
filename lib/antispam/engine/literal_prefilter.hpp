// A prefilter that looks for the literals of patterns.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/prefilter.hpp"

namespace postern::antispam {

/// Each literal is found by the rarest three octets of it: a table of bits says for any three
/// octets whether they are of a literal, and stays in the first cache. Time is linear in the text
/// but for literals that begin alike, of which there are few.
class LiteralPrefilter final : public Prefilter {
 public:
  /// \param patterns  In Perl's syntax with modifiers in front.
  explicit LiteralPrefilter(const std::vector<std::string_view>& patterns);

  [[nodiscard]] FirstLines first_lines(std::span<const std::string_view> lines) const override;

 private:
  struct Literal {
    std::string text;        // folded
    std::size_t anchor = 0;  // where the three octets are in it
    std::uint32_t key = 0;   // of the three octets
    std::vector<std::uint32_t> patterns;
  };
  // A slot of the hash table: literals [first, first + count) have this key.
  struct Slot {
    std::uint32_t key = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  void index();
  void look_up(std::string_view folded, std::size_t end, std::uint32_t key, std::uint32_t line,
               FirstLines& first) const;

  std::size_t patterns_ = 0;
  std::vector<std::uint32_t> unknown_;  // patterns of which no literal is known
  std::vector<Literal> literals_;       // ordered by key
  std::vector<std::uint64_t> is_key_;
  std::vector<Slot> slots_;
};

}  // namespace postern::antispam
