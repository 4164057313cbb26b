// Tells another daemon something, in one datagram.
#pragma once

#include <string>
#include <string_view>

namespace postern::io {

/// Sends without waiting. \return Whether somebody will get it.
bool send_datagram(const std::string& path, std::string_view text);

}  // namespace postern::io
