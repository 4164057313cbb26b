#include "tests/oracles/suite.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace postern::oracle {

std::optional<Json> read_suite(const std::string& name) {
  const char* folder = std::getenv("POSTERN_CONFORMANCE");  // NOLINT(concurrency-mt-unsafe)
  std::ifstream file(std::string(folder != nullptr ? folder : "../shared/conformance") + "/" +
                     name);
  if (!file) {
    std::cout << "skipped: " << name << " not found\n";
    return std::nullopt;
  }
  return Json::parse(file);
}

dns::Zone zone_of(const Json& zone) {
  auto parsed = dns::parse_zone(zone.dump());
  if (!parsed) {
    throw std::runtime_error("zone: " + parsed.error().owner + ": " +
                             std::string(parsed.error().problem));
  }
  return std::move(*parsed);
}

}  // namespace postern::oracle
