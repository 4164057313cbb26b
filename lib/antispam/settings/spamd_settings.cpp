#include "lib/antispam/settings/spamd_settings.hpp"

#include <array>

namespace postern::antispam {
namespace {

using config::row;

constexpr std::uint32_t max_threads = 64;

constexpr std::array table = {
    row<&SpamdSettings::sockets>(
        "spamd.sockets", "[]",
        R"(Where the milter answers spamc, spamass-milter, and whatever else speaks to spamd: )"
        R"("unix:PATH" or "inet:1783@127.0.0.1". Such messages are judged by the rules of section )"
        "[antispam]. Empty: nowhere. Read at start only."),
    row<&SpamdSettings::clients>("spamd.clients", R"(["127.0.0.1", "::1"])",
                                 "Addresses and networks that may ask by TCP. Read at start only."),
    row<&SpamdSettings::threads>(
        "spamd.threads", "4", "Messages that are judged at once; more wait. Read at start only."),
    row<&SpamdSettings::learn>(
        "spamd.learn", "false",
        "Whether spamc -L may teach the filter, and take it back: what it sends goes to the "
        "learner, under the name that spamc gives with -u. learner.senders must name "
        "postern-milter then."),
};

}  // namespace

Expected<SpamdSettings, config::ConfigError> load_spamd_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<SpamdSettings>>(table), document);
  if (settings && (settings->threads == 0 || settings->threads > max_threads)) {
    return config::wrong_parameter(document, "spamd.threads", "is not from 1 to 64");
  }
  return settings;
}

std::vector<config::Row> spamd_setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::antispam
