// Which host names are domains, and which part of one somebody registered
// (Mail::SpamAssassin::RegistryBoundaries).
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// From util_rb_tld and its kin. Borrows the options.
class RegistryBoundaries {
 public:
  explicit RegistryBoundaries(const Options& options) : options_(&options) {}

  /// The last label is a known top-level domain.
  [[nodiscard]] bool has_valid_tld(std::string_view host) const;
  /// At least two labels of the right form, and a valid top-level domain (is_domain_valid,
  /// is_fqdn_valid).
  [[nodiscard]] bool is_domain_valid(std::string_view domain) const;
  [[nodiscard]] static bool is_fqdn_valid(std::string_view name, bool requires_two_labels = true);
  /// "www.example.co.uk" -> "example.co.uk"; the host itself where it is an address or has no valid
  /// top-level domain, as SpamAssassin's trim_domain does.
  [[nodiscard]] std::string trim_domain(std::string_view host) const;
  /// Host and registrable domain of a URI; both empty: none (uri_to_domain).
  [[nodiscard]] std::pair<std::string, std::string> host_and_domain(std::string_view uri) const;

 private:
  const Options* options_;
};

}  // namespace postern::antispam
