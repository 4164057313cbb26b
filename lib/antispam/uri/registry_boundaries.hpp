// Which host names are domains, and which part of one somebody registered
// (Mail::SpamAssassin::RegistryBoundaries).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// A host name in UTF-8 to its ASCII form ("xn--…"); nothing: it has none. Callable from any
/// thread.
using ToAsciiHost = std::optional<std::string> (*)(std::string_view);

/// From util_rb_tld and its kin. Borrows the options.
class RegistryBoundaries {
 public:
  /// \param to_ascii  nullptr: hosts of URIs that are not ASCII are no hosts (SpamAssassin without
  /// Net::LibIDN).
  explicit RegistryBoundaries(const Options& options, ToAsciiHost to_ascii = nullptr)
      : options_(&options), to_ascii_(to_ascii) {}

  /// The label is a known top-level domain.
  [[nodiscard]] bool is_tld(std::string_view label) const;
  /// It has a dot, and what follows the last is a known top-level domain; nothing else is looked
  /// at.
  [[nodiscard]] bool is_domain_valid(std::string_view domain) const;
  /// At least two labels of the form of host names; "_" not in the last two.
  [[nodiscard]] static bool is_fqdn_valid(std::string_view name);
  /// "www.example.co.uk" -> "example.co.uk", in lower case; what has no listed suffix becomes its
  /// last two labels.
  [[nodiscard]] std::string trim_domain(std::string_view host) const;
  /// Host and registrable domain of a URI; both empty: none (uri_to_domain). An address is both.
  [[nodiscard]] std::pair<std::string, std::string> host_and_domain(std::string_view uri) const;

 private:
  [[nodiscard]] bool is_suffix(std::string_view domain, std::size_t labels) const;

  const Options* options_;
  ToAsciiHost to_ascii_;
};

}  // namespace postern::antispam
