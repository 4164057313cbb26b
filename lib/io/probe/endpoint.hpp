// Connections to whatever a setting of another program names.
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {

/// Connects to an endpoint. Host names other than addresses are looked up in the files of the host
/// and in DNS by the C library, whose own timeout then counts.
[[nodiscard]] Expected<Connection, std::string> connect_to(const doctor::Endpoint& endpoint,
                                                           Deadline deadline);

}  // namespace postern::io
