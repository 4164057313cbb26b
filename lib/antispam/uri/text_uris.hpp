// What looks like a URI or a mail address in plain text, as mail programs make links of it
// (PerMsgStatus::_tbirdurire).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {

struct TextUri {
  enum class Kind {
    scheme,      ///< "http://…", "www.…"
    mail,        ///< "mailto:…", "user@host"
    schemeless,  ///< "host.example/…"
  };
  Kind kind = Kind::scheme;
  std::string_view text;
  std::string_view host;  ///< Of a schemeless one.
};

constexpr std::size_t max_text_uri = 2048;        ///< Octets after the scheme.
constexpr std::size_t max_mail_part = 251;        ///< Octets of each side of "@".
constexpr std::size_t max_schemeless_host = 252;  ///< Octets before the last label's dot.

/// Linear. Views borrow the line.
[[nodiscard]] std::vector<TextUri> text_uris(std::string_view line,
                                             const RegistryBoundaries& boundaries);

}  // namespace postern::antispam
