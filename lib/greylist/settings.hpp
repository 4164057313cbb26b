// Parameters of greylisting: the section [greylist].
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/dnslist/settings.hpp"

namespace postern::greylist {

/// Whose first message is held.
enum class When { suspicious, always, never };

struct Settings {
  When when = When::suspicious;
  std::chrono::milliseconds delay{};
  std::chrono::milliseconds window{};
  std::chrono::milliseconds lifetime{};
  std::uint32_t passes = 0;  ///< 0: nobody is whitelisted.
  std::chrono::milliseconds contact_lifetime{};
  dnslist::Weight bad_reputation;
  dnslist::Weight good_reputation;
  std::string action;  ///< Of access(5); checked by policy::load_settings.
};

[[nodiscard]] std::span<const config::Setting<Settings>> settings_table();

}  // namespace postern::greylist

namespace postern::config {

template <>
struct ValueType<greylist::When> {
  static constexpr std::string_view name = R"("suspicious", "always", or "never")";
  static Expected<greylist::When, std::string_view> read(const Value& value) {
    using greylist::When;
    return read_word<When>(
        value, {{"suspicious", When::suspicious}, {"always", When::always}, {"never", When::never}},
        R"(is not "suspicious", "always", or "never")");
  }
};

}  // namespace postern::config
