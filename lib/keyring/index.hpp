// The index of all keys, and its form on disk: keys.json in the key directory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/keyring/key.hpp"

namespace postern::keyring {

inline constexpr int index_version = 1;
inline constexpr std::size_t max_keys = 50'000;                   ///< Of one index.
inline constexpr std::size_t max_index_size = 64 * 1024 * 1024;   ///< Bytes of its text.
inline constexpr std::size_t max_record_size = 2048;              ///< RSA of 8,192 bits fits.
inline constexpr std::int64_t max_time = 253'402'300'799;         ///< The end of the year 9999.
inline constexpr std::size_t max_used_selectors = 10'000;         ///< The oldest go first.
inline constexpr std::string_view index_file_name = "keys.json";  ///< In the key directory.

/// How long the selector of a forgotten key is not given to another: caches may hold its record.
inline constexpr std::int64_t used_selector_seconds = std::int64_t{90} * 24 * 3600;

/// A selector whose key is forgotten.
struct UsedSelector {
  std::string domain;  ///< As of a Key.
  std::string selector;
  std::int64_t until = 0;  ///< When it may be used again; seconds since the epoch.

  bool operator==(const UsedSelector&) const = default;
};

/// All keys, ordered by domain and selector; no two have the same of both.
class Index {
 public:
  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }

  /// The key, or nullptr. Valid until the index changes.
  [[nodiscard]] const Key* find(std::string_view domain, std::string_view selector) const;
  [[nodiscard]] Key* find(std::string_view domain, std::string_view selector);

  /// The keys of exactly this domain. Valid until the index changes.
  [[nodiscard]] std::span<const Key> of_domain(std::string_view domain) const;
  [[nodiscard]] std::span<Key> of_domain(std::string_view domain);

  /// Adds a key at its place. The caller keeps domain and selector of a key that is in as they are.
  /// \return An error for names that are no domain names, a domain without a dot, a selector that
  /// the domain has already,
  ///         and more than max_keys; fit to be shown.
  [[nodiscard]] Expected<void, std::string> add(Key key);

  /// Takes a key out; false if there is none.
  bool remove(std::string_view domain, std::string_view selector);

  /// Selectors that were in use lately, the oldest first.
  [[nodiscard]] const std::vector<UsedSelector>& used() const { return used_; }
  /// The entry of a selector that must not be used yet, or nullptr. Valid until the index changes.
  [[nodiscard]] const UsedSelector* find_used(std::string_view domain, std::string_view selector,
                                              std::int64_t now) const;
  /// Notes a selector that shall not be used again, and forgets those whose time is over.
  void add_used(UsedSelector entry, std::int64_t now);
  /// Puts an entry behind the others. False for names that are no domain names, and for more than
  /// max_used_selectors.
  bool append_used(UsedSelector entry);

  bool operator==(const Index&) const = default;

 private:
  std::vector<Key> keys_;
  std::vector<UsedSelector> used_;
};

/// Reads an index. Strict, since a key that is misread signs mail: members, words, and times must
/// be right, each record must be a key record of the type given, and each state have its times.
///
/// \param text  Written by us; may be damaged or edited.
/// \return An error says which line or which key, and what is wrong; fit to be shown after the
///         file's name. Of the text it quotes domain names at most.
[[nodiscard]] Expected<Index, std::string> parse_index(std::string_view text);

/// The text of an index: the same for the same keys, one member on a line, with final line feed.
[[nodiscard]] std::string format_index(const Index& index);

}  // namespace postern::keyring
