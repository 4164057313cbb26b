#include "lib/training/settings.hpp"

#include <array>

#include "lib/dns/name.hpp"

namespace postern::training {
namespace {

using config::ConfigError;
using config::row;

constexpr std::array table = {
    row<&Settings::socket>("learner.socket", R"("/run/postern-learner/learner.sock")",
                           "Path of the socket on which the learner is told what users teach; "
                           "postern_train_socket of Dovecot names it, too. Everybody on this host "
                           "may connect; the kernel tells who does. Read at start only."),
    row<&Settings::spool>("learner.spool", R"("/var/spool/postern/train")",
                          "Directory in which events wait while the learner is away, mode 3773 and "
                          "of its group; postern_train_spool of Dovecot names it, too. Empty: "
                          "none."),
    row<&Settings::directory>("learner.directory", R"("/var/lib/postern/learner")",
                              "Where the learner keeps messages; a directory of its own. Read at "
                              "start only."),
    row<&Settings::senders>("learner.senders", R"(["vmail"])",
                            "Users of this host who may speak for every mailbox: those under which "
                            "Dovecot reads mail; names or numbers. root always may."),
    row<&Settings::system_users>("learner.system_users", "false",
                                 "Whether any other user of this host may speak for the mailbox "
                                 "whose user has exactly its login name."),
    row<&Settings::max_message>("learner.max_message", R"("1MiB")",
                                "Size of the longest message taken; make postern_train_max_size of "
                                "Dovecot no larger. Longer ones come cut."),
    row<&Settings::keep_per_user>("learner.keep_per_user", R"("16MiB")",
                                  "Size of all messages kept of one user; the oldest go first."),
    row<&Settings::keep_total>("learner.keep_total", R"("256MiB")",
                               "Size of all messages kept; the oldest go first."),
    row<&Settings::spool_interval>("learner.spool_interval", R"("10s")",
                                   "How often the spool is looked into; at least 100ms."),
    row<&Settings::feeds_reputation>(
        "learner.reputation", "true",
        "Whether a message that a user moves says something of the client it came from, if our own "
        "fields at its top tell which. It goes to reputation.feed_socket."),
    row<&Settings::hosts>("learner.hosts", "[]",
                          "Names by which our MTA calls itself in Received fields. Empty: "
                          "authserv_id and the name of this host."),
    row<&Settings::reputation_per_day>(
        "learner.reputation_per_day", "100",
        "So many messages of one user count for reputation in a day, so that no single mailbox can "
        "ruin or polish a client."),
};

}  // namespace

Expected<Settings, ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(table), document);
  if (!settings) return settings;
  if (!settings->directory.starts_with('/')) {
    return config::wrong_parameter(document, "learner.directory",
                                   "needs a path that begins with /");
  }
  if (!settings->spool.empty() && !settings->spool.starts_with('/')) {
    return config::wrong_parameter(document, "learner.spool",
                                   "needs a path that begins with /, or to be empty");
  }
  if (settings->spool_interval < std::chrono::milliseconds(100)) {
    return config::wrong_parameter(document, "learner.spool_interval", "is below 100ms");
  }
  for (std::string& host : settings->hosts) {
    auto name = dns::parse_domain(host);
    if (!name)
      return config::wrong_parameter(document, "learner.hosts", "\"" + host + "\" is no host name");
    host = std::move(*name);
  }
  return settings;
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::training
