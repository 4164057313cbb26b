#include "lib/setup/other_signer.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/keyring/import.hpp"

namespace postern::setup {
namespace {

using OpendkimValues = std::map<std::string, std::string_view, std::less<>>;

// Names of parameters are read in any case, and the last line of a name counts.
OpendkimValues values_of(std::string_view opendkim) {
  OpendkimValues values;
  for (const keyring::ConfigLine& line : keyring::config_lines(opendkim)) {
    values[ascii::to_lower(line.key)] = line.value;
  }
  return values;
}

std::string_view value_or(const OpendkimValues& values, std::string_view name,
                          std::string_view otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : found->second;
}

bool is_socket_of(const OpendkimValues& values, const doctor::Endpoint& server,
                  const std::string& queue_directory) {
  const auto own = doctor::parse_libmilter_endpoint(value_or(values, "socket", ""));
  if (!own) return false;
  // Whether smtpd is in its chroot does not matter: both ways lead to the one socket.
  return doctor::is_same_socket(*own, doctor::resolve_path(server, queue_directory, false)) ||
         doctor::is_same_socket(*own, doctor::resolve_path(server, queue_directory, true));
}

// opendkim.conf(5): it signs when Mode has an "s", as without Mode, and there are keys.
std::string why_opendkim_signs(const OpendkimValues& values) {
  const std::string mode(value_or(values, "mode", "sv"));
  const bool has_keys = values.contains("keyfile") || values.contains("keytable");
  if (!has_keys || mode.find('s') == mode.npos) return "";
  return std::string(opendkim_file) + " has OpenDKIM sign there (Mode " + mode + ")";
}

std::string why_by_port(std::uint16_t port) {
  const std::string number = "port " + std::to_string(port);
  switch (port) {
    case 8891: return number + " is the usual one of OpenDKIM";
    case 12301: return number + " is that of OpenDKIM in many guides";
    case 11332: return number + " is the usual one of rspamd, which signs where it has keys";
    default: return "";
  }
}

}  // namespace

std::string why_it_signs(std::string_view server, std::string_view opendkim,
                         const std::string& queue_directory) {
  const auto endpoint = doctor::parse_postfix_endpoint(server);
  const OpendkimValues values = values_of(opendkim);
  // What Include brings could say otherwise.
  const bool is_whole = !values.contains("include");
  if (endpoint && is_whole && is_socket_of(values, *endpoint, queue_directory)) {
    return why_opendkim_signs(values);
  }
  const bool has_port = endpoint && endpoint->kind == doctor::Endpoint::Kind::inet;
  std::string why = has_port ? why_by_port(endpoint->port) : "";
  for (const char* name : {"dkim", "rspamd"}) {
    const bool is_named = ascii::to_lower(server).find(name) != std::string::npos;
    if (why.empty() && is_named) why = "\"" + std::string(name) + "\" in its name speaks for it";
  }
  return why;
}

}  // namespace postern::setup
