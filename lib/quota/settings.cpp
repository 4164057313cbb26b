#include "lib/quota/settings.hpp"

#include <algorithm>
#include <array>

#include "lib/base/named_values.hpp"

namespace postern::quota {
namespace {

using config::ConfigError;
using config::row;

constexpr std::array table = {
    row<&Settings::action>("quota.action", R"("452 4.2.2 No room in the mailbox")",
                           "The answer to RCPT when every mailbox that the mail would go to is "
                           "full, or has no room for "
                           "its size, in words of access(5). 452: senders try again for some days; "
                           "552 5.2.2: they are "
                           "told at once."),
    row<&Settings::too_large_action>(
        "quota.too_large_action", R"("552 5.2.3 Larger than the mailbox may ever be")",
        "The answer to what would not even fit into an empty mailbox."),
    row<&Settings::max_age>(
        "quota.max_age", R"("1h")",
        "How old what Dovecot has told of a mailbox may be for mail to be refused; after that "
        "Dovecot is asked again by the next mail. A limit that you raise counts at the next change "
        "in the mailbox, after this time, or at once with `postern quota recalc`."),
    row<&Settings::local_part_domains>(
        "quota.local_part_domains", "[]",
        "Domains of ours, besides those of mydestination, whose users Dovecot knows by their local "
        "parts alone (auth_username_format with %n)."),
    row<&Settings::warn_at>(
        "quota.warn_at", R"(["80%", "95%"])",
        "At which levels the owner of a mailbox is told by mail (policy.notice_server), in enforce "
        "mode: with the first mail that comes then. Empty: never."),
    row<&Settings::warn_again>("quota.warn_again", R"("7d")",
                               "How long after a warning the same level is not told again, unless "
                               "the mailbox has been well below it."),
};

}  // namespace

Expected<Settings, ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(table), document);
  if (!settings) return settings;
  for (const std::string& text : settings->warn_at) {
    std::int64_t level = 0;
    const std::string_view digits = std::string_view(text).substr(0, text.find('%'));
    if (!read_number(digits, 99, level) || level == 0 || digits.size() + 1 != text.size()) {
      return config::wrong_parameter(document, "quota.warn_at",
                                     "\"" + text + "\" is no level from \"1%\" to \"99%\"");
    }
    settings->warn_levels.push_back(level);
  }
  std::sort(settings->warn_levels.begin(), settings->warn_levels.end());
  return settings;
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::quota
