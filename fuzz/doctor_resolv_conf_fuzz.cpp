// Any text may stand in resolv.conf: the servers read are few, each stands on a line of its own,
// and the file written from them is read as the same.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/doctor/resolv_conf.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view words[] = {
    "nameserver ", "nameserver\t", "\n",   " ", "192.0.2.1", "2001:db8::1",    "fe80::1%eth0", "#",
    "8.8.8.8",     "search x",     "\r\n", ",", "name",      "::ffff:10.0.0.1"};

void check(std::string_view text) {
  const std::vector<IpAddress> servers = doctor::parse_resolv_conf(text);
  require(servers.size() <= doctor::max_name_servers);
  require(servers.size() <= fuzz::split_lines(text).size());
  std::string written;
  for (const IpAddress& server : servers) {
    written += "nameserver " + server.text() + "\n";
    // A resolver that everybody may use can be reached by everybody.
    require(doctor::public_resolver(server).empty() || doctor::is_global(server));
  }
  require(doctor::parse_resolv_conf(written) == servers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check(text);
  check(fuzz::in_words(text, words));
  return 0;
}
