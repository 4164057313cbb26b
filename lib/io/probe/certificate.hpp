// What a certificate on disk says about itself.
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/doctor/facts.hpp"

namespace postern::io {

/// Reads the first certificate of a PEM file; keys and further certificates are passed over.
/// \param host  The name that it should have.
/// \return The fact without `used_by`, or why the file cannot be used.
[[nodiscard]] Expected<doctor::CertificateFact, std::string> read_certificate(
    const std::string& file, const std::string& host);

}  // namespace postern::io
