// postern-avscan-engine: loads one set of signatures for postern-avscan, and forks the processes
// that scan with it. Standard input is the connection to postern-avscan; see
// lib/antivirus/engine_protocol.hpp.
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>

#include "lib/antivirus/engine_protocol.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "lib/base/version.hpp"
#include "lib/io/clamav/scan_engine.hpp"
#include "lib/io/iconv/resident_charsets.hpp"
#include "lib/io/sandbox/sandbox.hpp"
#include "lib/io/sockets/packet.hpp"
#include "milters/antivirus/engine/zygote.hpp"

namespace postern::avengine {
namespace {

constexpr int control = STDIN_FILENO;
constexpr std::size_t max_reason = 1000;  // the protocol takes no more

// What a process that only loads and forks can do without.
void confine_loosely() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const rlimit none{1, 1};  // 0 would still be written to a pipe (core(5))
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(S_IRWXG | S_IRWXO);
  std::signal(SIGPIPE, SIG_IGN);
  // Or else libclamav looks at /etc/localtime in each scan. There is no thread yet.
  ::setenv("TZ", "UTC0", 1);  // NOLINT(concurrency-mt-unsafe)
}

int fail(std::string why) {
  why.resize(std::min(why.size(), max_reason));
  const auto sending =
      io::send_packet(control, format(antivirus::FromEngine(antivirus::Failed{std::move(why)})));
  return sending == io::Sending::sent ? EXIT_SUCCESS : EXIT_FAILURE;
}

// The first order, or nothing if the supervisor has gone.
std::optional<antivirus::EngineOptions> wait_for_options() {
  std::string text;
  io::FileDescriptor none;
  io::Receipt receipt = io::Receipt::nothing;
  while (receipt == io::Receipt::nothing) {
    pollfd ready{control, POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return std::nullopt;
    receipt = io::receive_packet(control, antivirus::max_packet_size, text, none);
  }
  if (receipt == io::Receipt::end) return std::nullopt;
  const auto order = antivirus::parse_to_engine(text);
  const auto* const load = order ? std::get_if<antivirus::Load>(&*order) : nullptr;
  return load == nullptr ? std::nullopt : std::optional(load->options);
}

int run() {
  confine_loosely();
  auto options = wait_for_options();
  if (!options) {
    std::fputs(
        "postern-avscan-engine: standard input is no connection to postern-avscan, which "
        "starts this program\n",
        stderr);
    return EXIT_FAILURE;
  }
  if (::access(options->temporary_directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return fail(options->temporary_directory +
                " is no directory that the scanner can write to; "
                "see scanner.temporary_directory");
  }
  auto engine = io::ScanEngine::load(*options);
  if (!engine) return fail(engine.error());
  io::keep_charsets();
  engine->warm_up();
  ::malloc_trim(0);
  const antivirus::Ready ready{engine->generation(), engine->signatures(),
                               io::sandbox_shortcoming()};
  Zygote zygote(control, std::move(*engine), std::move(*options));
  if (io::send_packet(control, format(antivirus::FromEngine(ready))) != io::Sending::sent) {
    return EXIT_FAILURE;
  }
  zygote.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace postern::avengine

int main(int argc, char** argv) try {
  CLI::App app{"Loads signatures and scans with them. For postern-avscan, which starts it."};
  app.set_version_flag("--version", std::string("postern-avscan-engine ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  return postern::avengine::run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "postern-avscan-engine: %s\n", error.what());
  return EXIT_FAILURE;
}
