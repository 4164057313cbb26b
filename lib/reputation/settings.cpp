#include "lib/reputation/settings.hpp"

#include <array>

namespace postern::reputation {
namespace {

using config::row;

constexpr std::array table = {
    row<&Configuration::feed_socket>(
        "reputation.feed_socket", R"("/run/postern/reputation.sock")",
        "Path of the datagram socket on which the policy daemon is told what became of mail: by "
        "the milter, which says for each message of a stranger whether it was good, and by what "
        "users do with theirs. While nobody listens there, nothing is remembered and nobody waits. "
        "Empty: no socket. The policy daemon reads it at start only."),
    row<&Configuration::enabled>(
        "reputation.enabled", "true",
        "Whether good and bad mail of clients, their networks, HELO names, and authenticated "
        "domains is remembered and looked up."),
    row<&Configuration::half_life>("reputation.half_life", R"("14d")",
                                   "After this time an event counts half; at least 1h."),
    row<&Configuration::believed>(
        "reputation.believed", "5",
        "After so many messages half of what they say is believed: five good messages of a new "
        "client give it 0.5 of 1."),
};

}  // namespace

Expected<Configuration, config::ConfigError> load_configuration(const config::Document& document) {
  auto read = config::load(std::span<const config::Setting<Configuration>>(table), document);
  if (!read || read->half_life >= std::chrono::hours(1)) return read;
  const config::Entry& entry = document.at("reputation.half_life");
  return Unexpected<config::ConfigError>(
      config::ConfigError{entry.file, entry.line, "reputation.half_life: is below 1h"});
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::reputation
