#include "lib/io/probe/scanners.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/scanner/scanner.hpp"

namespace postern::io {
namespace {

// In two halves, so that scanners of this program keep calm.
std::string eicar() {
  return std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-") + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
}

doctor::ScannerFact probe(const antivirus::ScannerAddress& address,
                          std::chrono::milliseconds timeout) {
  const OpensslCrypto crypto;
  Scanner scanner(crypto, [](const std::string&, const std::string&) {});
  const std::string file = eicar();
  const antivirus::Scannable object{antivirus::ObjectKind::attachment, {file}};
  const antivirus::Report report =
      scanner.scan(std::span(&object, 1), std::span(&address, 1), timeout);
  return {address.text, address.kind == antivirus::ScannerAddress::Kind::avscan,
          antivirus::gravest(report)};
}

std::optional<std::int64_t> time_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return status.st_mtim.tv_sec;
}

}  // namespace

std::vector<doctor::ScannerFact> probe_scanners(std::span<const antivirus::ScannerAddress> scanners,
                                                std::chrono::milliseconds timeout) {
  std::vector<std::future<doctor::ScannerFact>> asked;
  asked.reserve(scanners.size());
  for (const antivirus::ScannerAddress& address : scanners) {
    asked.push_back(
        std::async(std::launch::async, [&address, timeout] { return probe(address, timeout); }));
  }
  std::vector<doctor::ScannerFact> facts;
  for (auto& each : asked) facts.push_back(each.get());
  return facts;
}

std::optional<std::int64_t> last_written(const std::string& path) {
  std::error_code error;
  std::filesystem::directory_iterator files(path, error);
  if (error) return time_of(path);
  std::optional<std::int64_t> newest;
  for (const auto& file : files) newest = std::max(newest, time_of(file.path()));
  return newest;
}

}  // namespace postern::io
