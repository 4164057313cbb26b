#include "lib/policy/daemon_settings.hpp"

#include <array>
#include <charconv>

namespace postern::policy {
namespace {

using config::ConfigError;
using config::row;

constexpr std::array table = {
    row<&DaemonSettings::tls_policy_sockets>(
        "mta_sts.sockets", R"(["unix:/var/spool/postfix/postern-policy/tls-policy.sock"])",
        "Where the policy daemon answers for smtp_tls_policy_maps "
        "(socketmap:unix:PATH:mta-sts). Empty: nowhere. Read at start only."),
    row<&DaemonSettings::notice_server>(
        "policy.notice_server", R"("127.0.0.1:25")",
        "The SMTP server, ADDRESS:PORT, that takes notices of the brake to the owner of a login "
        "and the postmaster. Empty: they are only logged."),
    row<&DaemonSettings::postmaster>(
        "policy.postmaster", R"("postmaster")",
        "Who gets notices, and whose address they are from; without a domain, at this host."),
    row<&DaemonSettings::log_addresses>(
        "policy.log_addresses", "false",
        "Whether log lines of the policy daemon hold whole addresses of strangers instead of their "
        "domains. `postern policy replay` needs them to judge greylisting exactly."),
};

}  // namespace

Parsed<NoticeServer> parse_notice_server(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return parse_error(text.size(), "has no port");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = parse_ip_address(host);
  if (!address) return parse_error(0, "is no numeric address");
  NoticeServer server{*address, 0};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, server.port);
  if (error != std::errc() || stop != end || server.port == 0) {
    return parse_error(colon + 1, "has no port from 1 to 65535");
  }
  return server;
}

Expected<DaemonSettings, ConfigError> load_daemon_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<DaemonSettings>>(table), document);
  if (!settings || settings->notice_server.empty()) return settings;
  const auto server = parse_notice_server(settings->notice_server);
  if (!server) {
    const auto entry = document.find("policy.notice_server");
    return Unexpected<ConfigError>(
        ConfigError{entry->second.file, entry->second.line,
                    "policy.notice_server: " + std::string(server.error().problem) +
                        "; write \"127.0.0.1:25\""});
  }
  return settings;
}

std::vector<config::Row> daemon_setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::policy
