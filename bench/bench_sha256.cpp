// bench-sha256: CPU time of one SHA-256 over the body of each message; the floor of DKIM.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/mail_message.hpp"

namespace {

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Hashes every body once; returns the CPU milliseconds per message, or -1 if OpenSSL refuses.
double hash_all(const std::vector<postern::bench::MailMessage>& messages) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const double start = cpu_milliseconds();
  for (const auto& message : messages) {
    unsigned size = 0;
    if (EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), message.body.data(), message.body.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
      return -1;
    }
  }
  return (cpu_milliseconds() - start) / static_cast<double>(messages.size());
}

int run(const std::string& directory, unsigned rounds) {
  const auto messages = postern::bench::load_messages(directory);
  hash_all(messages);  // first touch of the pages
  std::vector<double> times;
  for (unsigned round = 0; round < rounds; ++round) times.push_back(hash_all(messages));
  std::sort(times.begin(), times.end());
  if (times.front() < 0) return 1;
  std::printf("{\"cpu_ms_per_message\": %.6f}\n", times[times.size() / 2]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"CPU time of SHA-256 over message bodies", "bench-sha256"};
  std::string directory;
  unsigned rounds = 15;
  app.add_option("directory", directory, "Directory with .eml files")->required();
  app.add_option("--rounds", rounds, "Rounds of which the median is printed")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(directory, rounds);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench-sha256: %s\n", problem.what());
    return 1;
  }
}
