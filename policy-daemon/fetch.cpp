// postern-fetch: fetches one small file over HTTPS, for postern-policy and "postern rules update",
// and ends.
//
// Standard output is the file, with exit status 0; or one printable line that says why there is
// none, with exit status 1. What a web server sends can harm nothing but this process, which has
// neither the store nor a socket of Postfix.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "lib/base/version.hpp"
#include "lib/io/https/transfer.hpp"
#include "lib/io/process/confinement.hpp"

namespace postern {
namespace {

constexpr std::size_t max_address_space = 512UL * 1024 * 1024;  // libcurl and its libraries: 100 MB
constexpr std::chrono::seconds max_processor_time{10};          // a handshake takes milliseconds

int finish(const std::string& text, int status) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

int fail(const std::string& problem) {
  return finish(problem + '\n', EXIT_FAILURE);
}

int run(const std::string& url, const std::vector<std::string>& addresses,
        const io::HttpsOptions& options) {
  io::HttpsRequest request{url, {}};
  for (const std::string& text : addresses) {
    const auto address = parse_ip_address(text);
    if (!address) return fail("it cannot be fetched: an address that is none");
    request.addresses.push_back(*address);
  }
  const io::HttpsResult result = io::Transfer(request, options).run();
  return result ? finish(*result, EXIT_SUCCESS) : fail(result.error());
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) try {
  const auto confined =
      postern::io::confine({postern::max_address_space, postern::max_processor_time});
  if (!confined) return postern::fail("postern-fetch: " + confined.error());
  CLI::App app{"Fetches one small file over HTTPS, as MTA-STS wants it. For postern-policy."};
  postern::io::HttpsOptions options;
  auto timeout = options.timeout.count();
  std::string url;
  std::vector<std::string> addresses;
  app.add_option("--timeout", timeout, "Milliseconds that all may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--max-body", options.max_body, "Octets of the file")->capture_default_str();
  app.add_option("--content-type", options.content_type,
                 "What the server has to call it; empty: anything")
      ->capture_default_str();
  app.add_option("--ca-file", options.ca_file, "PEM of authorities instead of the system's");
  app.add_option("--connect-to", options.connect_to, "ADDRESS:PORT instead of the addresses");
  app.add_option("URL", url, "https://HOST/PATH")->required();
  app.add_option("ADDRESS", addresses, "Addresses of the host: names are not looked up");
  app.set_version_flag("--version", std::string("postern-fetch ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  options.timeout = std::chrono::milliseconds(timeout);
  return postern::run(url, addresses, options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "postern-fetch: %s\n", error.what());
  return EXIT_FAILURE;
}
