// Message digests that lists of hashes are asked with (Mail::SpamAssassin::Plugin::HashBL).
#pragma once

#include <string>
#include <string_view>

namespace postern::antispam {

/// lib/io/openssl has one. Each gives the octets of the digest. Callable from any thread.
class Digests {
 public:
  Digests() = default;
  Digests(const Digests&) = delete;
  Digests& operator=(const Digests&) = delete;
  virtual ~Digests() = default;

  [[nodiscard]] virtual std::string md5(std::string_view octets) const = 0;
  [[nodiscard]] virtual std::string sha1(std::string_view octets) const = 0;
  [[nodiscard]] virtual std::string sha256(std::string_view octets) const = 0;
};

}  // namespace postern::antispam
