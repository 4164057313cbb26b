// Dovecot's settings as "doveconf -n" prints them, as far as setup needs to know them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

inline constexpr std::size_t max_doveconf_size = 4 * 1024 * 1024;

/// Path of sections and name -> value: "protocol lmtp/mail_plugins" -> "sieve" before 2.4, and
/// "protocol lmtp/mail_plugins/sieve" -> "yes" since.
using DovecotSettings = std::map<std::string, std::string, std::less<>>;

/// Reads whatever it is given; what is no setting is passed over.
[[nodiscard]] DovecotSettings parse_doveconf(std::string_view text);

/// The plugins that a protocol loads ("" for the setting outside of any), in the words of either
/// version, sorted.
[[nodiscard]] std::vector<std::string> plugins_of(const DovecotSettings& settings,
                                                  std::string_view protocol);

/// Names of protocols with plugins of their own.
[[nodiscard]] std::vector<std::string> protocols_with_plugins(const DovecotSettings& settings);

}  // namespace postern::setup
