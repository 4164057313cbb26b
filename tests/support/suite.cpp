#include "tests/support/suite.hpp"

#include <iostream>
#include <stdexcept>

#include "tests/support/suite_file.hpp"

namespace postern::test {

std::optional<Json> read_suite(const std::string& path) {
  const std::string text = read_suite_file(path);
  if (text.empty()) {
    std::cout << "skipped: " << path << " not found\n";
    return std::nullopt;
  }
  return Json::parse(text);
}

dns::Zone zone_of(const Json& zone) {
  auto parsed = dns::parse_zone(zone.dump());
  if (!parsed) {
    throw std::runtime_error("zone: " + parsed.error().owner + ": " +
                             std::string(parsed.error().problem));
  }
  return std::move(*parsed);
}

}  // namespace postern::test
