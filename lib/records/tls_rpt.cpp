#include "lib/records/tls_rpt.hpp"

#include "lib/base/ascii.hpp"

namespace postern::records {
namespace {

constexpr std::string_view record_version = "v=TLSRPTv1";

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = ascii::trim(rest.substr(0, end));
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return part;
}

Parsed<std::vector<std::string>> read_uris(std::string_view list) {
  std::vector<std::string> uris;
  while (!list.empty()) {
    const std::string_view uri = take_until(list, ',');
    if (!ascii::starts_with_ignoring_case(uri, "mailto:") &&
        !ascii::starts_with_ignoring_case(uri, "https:")) {
      return parse_error(0, "rua= names neither mailto: nor https:");
    }
    if (uris.size() < max_tls_rpt_uris) uris.emplace_back(uri);
  }
  if (uris.empty()) return parse_error(0, "rua= is empty");
  return uris;
}

}  // namespace

std::string format_tls_rpt(const std::vector<std::string>& uris) {
  std::string text = std::string(record_version) + "; rua=";
  for (const std::string& uri : uris) text += (&uri == uris.data() ? "" : ",") + uri;
  return text;
}

bool is_tls_rpt(std::string_view text) {
  if (!text.starts_with(record_version)) return false;
  const std::string_view rest = text.substr(record_version.size());
  return rest.empty() || rest.front() == ';' || ascii::is_blank(rest.front());
}

Parsed<std::vector<std::string>> parse_tls_rpt(std::string_view text) {
  if (!is_tls_rpt(text)) return parse_error(0, "does not start with v=TLSRPTv1;");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view field = take_until(rest, ';');
    if (field.starts_with("rua=")) return read_uris(field.substr(4));
  }
  return parse_error(text.size(), "has no rua=");
}

}  // namespace postern::records
