// Mail addresses in running text, as the FreeMail plugin finds them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {

/// Where an address stands in a text.
struct FoundMail {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Addresses whose user has at most 64 octets without doubled dots, and whose host has two to five
/// labels, the last a known top-level domain. Linear over a text.
class MailFinder {
 public:
  explicit MailFinder(const RegistryBoundaries& boundaries) : boundaries_(boundaries) {}

  /// The first one that begins at or after `from`.
  [[nodiscard]] std::optional<FoundMail> find(std::string_view text, std::size_t from) const;
  /// One that begins right at `at`.
  [[nodiscard]] std::optional<FoundMail> at(std::string_view text, std::size_t at) const;
  /// The text without addresses in angles and before what looks like the head of a quotation, and
  /// without links that hold an address: each becomes a blank.
  [[nodiscard]] std::string without_quoted(std::string_view text) const;

 private:
  [[nodiscard]] std::size_t host_end(std::string_view text, std::size_t at) const;
  [[nodiscard]] std::string without_angled(std::string_view text) const;

  const RegistryBoundaries& boundaries_;
};

}  // namespace postern::antispam
