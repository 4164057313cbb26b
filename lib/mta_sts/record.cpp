#include "lib/mta_sts/record.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::mta_sts {
namespace {

constexpr std::string_view record_version = "v=STSv1";

}  // namespace

std::string record_name(std::string_view domain) {
  return "_mta-sts." + std::string(domain);
}

std::string format_record(std::string_view id) {
  return std::string(record_version) + "; id=" + std::string(id);
}

bool is_record(std::string_view text) {
  if (!text.starts_with(record_version)) return false;
  const std::string_view rest = text.substr(record_version.size());
  return rest.empty() || rest.front() == ';' || ascii::is_blank(rest.front());
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= max_id_size &&
         std::all_of(text.begin(), text.end(), ascii::is_alnum);
}

Parsed<std::string> parse_record(std::string_view text) {
  if (!is_record(text)) return parse_error(0, "does not start with v=STSv1;");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view field = ascii::trim(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (!field.starts_with("id=")) continue;
    const std::string_view id = field.substr(3);
    if (!is_id(id)) return parse_error(0, "id= is not 1 to 32 letters and digits");
    return std::string(id);
  }
  return parse_error(text.size(), "has no id=");
}

}  // namespace postern::mta_sts
