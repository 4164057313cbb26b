#include "cli/evaluation.hpp"

#include "lib/dns/zone.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/resolver/unbound_resolver.hpp"
#include "lib/io/resolver/zone_resolver.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t max_zone_size = 64 * 1024 * 1024;  // bytes

}  // namespace

Expected<dns::Zone, std::string> read_zone(const std::string& zone_file) {
  const auto text = io::read_file(zone_file, max_zone_size);
  if (!text) return Unexpected<std::string>(text.error());
  auto zone = dns::parse_zone(*text);
  if (zone) return std::move(*zone);
  const std::string owner = report::escape(zone.error().owner);
  return Unexpected<std::string>(zone_file + ": " +
                                 (owner.empty() ? "" : "owner \"" + owner + "\": ") +
                                 std::string(zone.error().problem));
}

Expected<std::unique_ptr<io::Resolver>, std::string> make_resolver(
    const std::string& zone_file, const checks::GeneralSettings& settings) {
  if (zone_file.empty()) {
    io::UnboundSettings unbound;
    unbound.servers = settings.dns_servers;
    unbound.dnssec = settings.dnssec;
    return io::make_unbound_resolver(unbound, [](bool, const std::string&) {});
  }
  auto zone = read_zone(zone_file);
  if (!zone) return Unexpected<std::string>(zone.error());
  return io::make_zone_resolver(std::move(*zone));
}

}  // namespace postern::cli
