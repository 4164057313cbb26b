// Postfix's settings as postconf(1) prints them, as far as the doctor judges them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::doctor {

/// A line of master.cf.
struct MasterEntry {
  std::string name;     ///< "smtp", "submission", "127.0.0.1:10025".
  std::string type;     ///< inet, unix, …
  bool chroot = false;  ///< "-" means no, as since Postfix 3.0.
  std::string command;  ///< The program: smtpd, cleanup, …
  std::map<std::string, std::string, std::less<>> overrides;  ///< Of its -o options.
};

/// What postconf says of one instance. Every parameter that this Postfix has is there.
struct PostfixConfig {
  std::map<std::string, std::string, std::less<>> values;           ///< In force, "$name" expanded.
  std::map<std::string, std::string, std::less<>> explicit_values;  ///< Those set in main.cf.
  std::vector<MasterEntry> services;

  /// The value in force; nothing if this Postfix has no such parameter.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  /// Likewise, empty if there is none.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] bool is_set(std::string_view name) const;
  /// Whether a program such as smtpd runs in a chroot; if services differ, whether the first does.
  [[nodiscard]] bool is_chrooted(std::string_view program) const;
};

inline constexpr std::size_t max_postconf_size = 4 * 1024 * 1024;  ///< Bytes of one output.

/// "name = value" lines, as of "postconf -x" and "postconf -n -x".
[[nodiscard]] std::map<std::string, std::string, std::less<>> parse_parameters(
    std::string_view text);

/// Lines as of "postconf -M", and the overrides as of "postconf -P"
/// ("service/type/parameter = value").
[[nodiscard]] std::vector<MasterEntry> parse_master(std::string_view entries,
                                                    std::string_view overrides);

/// Words of a list parameter: separated by commas or white space.
[[nodiscard]] std::vector<std::string> split_list(std::string_view value);

}  // namespace postern::doctor
