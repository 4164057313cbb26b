// Everything inside an archive, and inside the archives inside it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/archive/entry.hpp"
#include "lib/archive/inflate.hpp"
#include "lib/mail/flag_set.hpp"

namespace postern::archive {

enum class Kind { none, zip, tar, gzip };

/// What the text is, by its octets; none for anything else.
[[nodiscard]] Kind kind_of(std::string_view text);

/// How a walk goes.
struct Options {
  Inflate inflate = nullptr;  ///< Not nullptr.
  unsigned depth = 8;         ///< How many archives inside each other are opened.
};

enum class Limit { depth, entries, unpacked_size };
[[nodiscard]] std::string_view to_text(Limit limit);
using LimitsHit = mail::FlagSet<Limit>;

/// What all walks of one message may use up together.
struct Budget {
  std::size_t entries = 10'000;
  std::size_t octets = 64U << 20U;  ///< Read and written by unpacking.
};

/// One entry, as the walk comes by. Views last as long as the call.
struct Item {
  const Entry& entry;
  std::string_view container;  ///< Names of the archives it lies in, with "/" between; may be cut.
  unsigned depth = 1;          ///< 1: in the outermost archive.
  std::string_view head;       ///< The first octets, unpacked; empty if that cannot be done.
  Kind kind = Kind::none;      ///< Of an archive that is walked next.
};

inline constexpr std::size_t head_size = 4'096;  ///< Octets of Item::head at most.

struct Walk {
  Defects defects;
  LimitsHit limits;
  bool hides_names = false;
};

/// Calls `visit` for every entry. Without recursion; time and memory are bounded by the budget and
/// the size of the text.
///
/// \param names  Of the text itself; what a gzip holds is called so without ".gz".
Walk walk(std::string_view text, const std::vector<std::string>& names, const Options& options,
          Budget& budget, const std::function<void(const Item&)>& visit);

}  // namespace postern::archive
