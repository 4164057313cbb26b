// What of SpamAssassin's program a configuration can ask for: its plugins and their abilities.
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/text/words.hpp"

namespace postern::antispam {

inline constexpr std::string_view program_version = "4.000001";
inline constexpr std::string_view perl_version = "5.036000";

/// What "loadplugin" and "enable_compat" have switched on.
struct Abilities {
  Words plugins;  ///< Full names of those that are ours to emulate.
  Words compat;   ///< enable_compat

  /// \param name  "URIDNSBL", without "Mail::SpamAssassin::Plugin::".
  [[nodiscard]] bool has_plugin(std::string_view name) const;
};

/// The name a plugin has today: two have been renamed.
[[nodiscard]] std::string_view current_plugin_name(std::string_view name);

/// Whether SpamAssassin 4.0.1 brings that plugin along; others are code that is not run here.
[[nodiscard]] bool is_stock_plugin(std::string_view full_name);

/// plugin(CLASS)
[[nodiscard]] bool is_plugin_loaded(const Abilities& abilities, std::string_view full_name);

/// has(CLASS::METHOD) and can(CLASS::METHOD): whether it exists and, for `can`, returns true.
[[nodiscard]] bool has_method(const Abilities& abilities, std::string_view method, bool can);

}  // namespace postern::antispam
