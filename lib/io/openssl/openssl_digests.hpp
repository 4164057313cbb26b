// Digests for DNS lists of hashes, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/network/digests.hpp"

namespace postern::io {

class OpensslDigests final : public antispam::Digests {
 public:
  [[nodiscard]] std::string md5(std::string_view octets) const override;
  [[nodiscard]] std::string sha1(std::string_view octets) const override;
  [[nodiscard]] std::string sha256(std::string_view octets) const override;
};

}  // namespace postern::io
