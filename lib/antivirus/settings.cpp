#include "lib/antivirus/settings.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace postern::config {

using antivirus::ScannerAddress;
using antivirus::Scope;

template <>
struct ValueType<Scope> {
  static constexpr std::string_view name = R"("message" or "attachments")";
  static Expected<Scope, std::string_view> read(const Value& value) {
    return read_word<Scope>(value,
                            {{"message", Scope::message}, {"attachments", Scope::attachments}},
                            R"(is neither "message" nor "attachments")");
  }
};

template <>
struct ValueType<std::vector<ScannerAddress>> {
  static constexpr std::string_view name =
      R"(list of "avscan:PATH", "clamd:PATH", or "clamd:ADDRESS:PORT")";
  static Expected<std::vector<ScannerAddress>, std::string_view> read(const Value& value) {
    const auto texts = ValueType<std::vector<std::string>>::read(value);
    if (!texts) return Unexpected<std::string_view>(texts.error());
    if (texts->empty()) return Unexpected<std::string_view>("names no scanner");
    std::vector<ScannerAddress> addresses;
    for (const std::string& text : *texts) {
      auto address = antivirus::parse_scanner_address(text);
      if (!address) return Unexpected<std::string_view>(address.error());
      addresses.push_back(std::move(*address));
    }
    return addresses;
  }
};

}  // namespace postern::config

namespace postern::antivirus {
namespace {

using config::row;

constexpr std::array table = {
    row<&Settings::enabled>("antivirus.enabled", "false",
                            "Whether messages are scanned for viruses. It needs postern-avscan, or "
                            "a clamd that runs already, and 1 GB of memory for the signatures that "
                            "freshclam fetches."),
    row<&Settings::scope>(
        "antivirus.scan", R"("message")",
        "What is scanned. message: the message as it came, and each attachment as Postern decodes "
        "it, since readers of MIME differ. attachments: these only, which costs less, and finds "
        "nothing in the text of messages. A message with more than 127 attachments is "
        "unscannable."),
    row<&Settings::own_mail>("antivirus.own_mail", "true",
                             "Whether mail of our users and of this host is scanned, too."),
    row<&Settings::max_size>("antivirus.max_size", R"("32MiB")",
                             "Octets of a message or an attachment; what has more is unscannable. "
                             "limits.body_size limits both as well."),
    row<&Settings::scanners>(
        "antivirus.scanners", R"(["avscan:/run/postern-avscan/avscan.sock"])",
        "Where scanners listen, in the order in which they are tried: avscan:PATH is "
        "postern-avscan, clamd:PATH or clamd:ADDRESS:PORT a clamd, of which its own limits and "
        "alerts hold."),
    row<&Settings::timeout>("antivirus.timeout", R"("100s")",
                            "How long a message waits for scanners in all; then they count as "
                            "away. Postfix waits 300s (milter_content_timeout)."),
};

}  // namespace

Expected<ScannerAddress, std::string_view> parse_scanner_address(const std::string& text) {
  constexpr std::string_view problem =
      R"(is no "avscan:PATH", "clamd:PATH", or "clamd:ADDRESS:PORT")";
  constexpr std::size_t max_path = 107;  // sun_path of unix(7)
  const auto failure = [](std::string_view what) { return Unexpected<std::string_view>(what); };
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  if (colon == text.npos || (kind != "avscan" && kind != "clamd")) return failure(problem);
  ScannerAddress address;
  address.text = text;
  address.kind = kind == "clamd" ? ScannerAddress::Kind::clamd : ScannerAddress::Kind::avscan;
  const std::string rest = text.substr(colon + 1);
  if (rest.starts_with('/')) {
    if (rest.size() > max_path) return failure("has a path longer than a socket can have");
    address.path = rest;
    return address;
  }
  const std::size_t last = rest.rfind(':');
  if (address.kind == ScannerAddress::Kind::avscan || last == rest.npos) return failure(problem);
  std::string_view host = std::string_view(rest).substr(0, last);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!parse_ip_address(host)) return failure("needs an address before the port, not a name");
  unsigned port = 0;
  const char* const end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data() + last + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0 ||
      port > std::numeric_limits<std::uint16_t>::max()) {
    return failure("has no port from 1 to 65535");
  }
  address.host = host;
  address.port = static_cast<std::uint16_t>(port);
  return address;
}

Expected<Settings, config::ConfigError> load_settings(const config::Document& document) {
  return config::load(std::span<const config::Setting<Settings>>(table), document);
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::antivirus
