#include "milters/antivirus/engine/scanning_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sandbox/own_opens.hpp"
#include "lib/io/sandbox/sandbox.hpp"
#include "lib/io/sockets/packet.hpp"
#include "milters/antivirus/engine/object_scanner.hpp"
#include "milters/antivirus/engine/sealed_map.hpp"

namespace postern::avengine {
namespace {

using antivirus::Outcome;
using antivirus::Result;
using antivirus::ScanAnswer;

constexpr const char* name_in_ps = "avscan-child";  // 15 letters at most
constexpr int socket_number = STDIN_FILENO;
// What libclamav writes beside an object is of its size, and more than that if it is packed.
constexpr std::uint64_t space_per_octet = 2;
constexpr std::uint64_t least_space = 4UL * 1024 * 1024;
// Of one file: what is unpacked stays below max_file_size, but what is made of it may grow.
constexpr std::uint64_t file_growth = 2;
constexpr std::uint64_t default_file_size = 1024UL * 1024 * 1024;
constexpr const char* no_space = "no space is left in scanner.temporary_directory";
constexpr const char* no_time = "RLIMIT_CPU cannot be set";

// Nothing of the parent is left: no descriptor but the socket, no handling of signals.
bool leave_parent(int socket) {
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_NAME, name_in_ps, 0, 0, 0);
  const int nowhere = ::open("/dev/null", O_RDWR);
  if (nowhere < 0 || ::dup2(nowhere, STDOUT_FILENO) < 0 || ::dup2(nowhere, STDERR_FILENO) < 0 ||
      ::dup2(socket, socket_number) < 0) {
    return false;
  }
  ::closefrom(STDERR_FILENO + 1);
  return true;
}

// What happens on the disk's account must not look like a clean object.
bool has_space(int directory, std::uint64_t size) {
  struct statfs status {};
  if (::fstatfs(directory, &status) != 0) return false;
  const std::uint64_t space = status.f_bavail * static_cast<std::uint64_t>(status.f_bsize);
  return space >= least_space && (space - least_space) / space_per_octet >= size;
}

class ScanningChild {
 public:
  ScanningChild(io::ScanEngine& engine, const antivirus::EngineOptions& options, int directory)
      : scanner_(engine, options),
        generation_(engine.generation()),
        processor_time_(options.processor_time),
        directory_(directory) {}

  void serve() {
    std::string request;
    io::FileDescriptor memory;
    while (wait()) {
      const io::Receipt receipt =
          io::receive_packet(socket_number, antivirus::max_packet_size, request, memory);
      if (receipt == io::Receipt::end) return;
      if (receipt == io::Receipt::nothing) continue;
      const ScanAnswer reply{generation_, answer(request, memory.get())};
      memory = io::FileDescriptor();
      if (io::send_packet(socket_number, format(reply)) != io::Sending::sent) return;
    }
  }

 private:
  static bool wait() {
    pollfd ready{socket_number, POLLIN, 0};
    return ::poll(&ready, 1, -1) > 0 || errno == EINTR;
  }

  std::vector<Outcome> answer(const std::string& text, int memory) {
    const auto request = antivirus::parse_scan_request(text);
    if (!request)
      return {{Result::temperror, "the request " + std::string(request.error().problem)}};
    const auto all = [&](const Outcome& outcome) {
      return std::vector<Outcome>(request->objects.size(), outcome);
    };
    const auto map = SealedMap::map(memory);
    if (!map) return all(map.error());
    if (!has_space(directory_, map->octets().size())) return all({Result::temperror, no_space});
    if (!io::allow_processor_time(processor_time_)) return all({Result::temperror, no_time});
    return scanner_.scan(*request, map->octets());
  }

  ObjectScanner scanner_;
  std::string generation_;
  std::chrono::seconds processor_time_;
  int directory_;
};

[[noreturn]] void give_up(const std::string& why) {
  static_cast<void>(io::send_packet(socket_number, why));
  ::_exit(EXIT_FAILURE);
}

}  // namespace

void be_scanning_child(io::ScanEngine& engine, const antivirus::EngineOptions& options, int socket,
                       const std::string& directory) try {
  if (!leave_parent(socket)) ::_exit(EXIT_FAILURE);
  const io::FileDescriptor opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  ::setenv("TMPDIR", directory.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): there is no thread
  if (!opened || !engine.unpack_into(directory)) give_up("its directory cannot be used");
  const std::uint64_t file_size =
      options.max_file_size == 0 ? default_file_size : options.max_file_size * file_growth;
  auto sandboxed =
      io::enter_sandbox({directory, opened.get(), socket_number, options.child_memory, file_size});
  if (!sandboxed) give_up(sandboxed.error());
  if (io::send_packet(socket_number, confined_word, sandboxed->listener.get()) !=
      io::Sending::sent) {
    ::_exit(EXIT_FAILURE);
  }
  sandboxed->listener = io::FileDescriptor();
  if (sandboxed->opens_itself) io::open_from(opened.get(), directory);
  ScanningChild(engine, options, opened.get()).serve();
  ::_exit(EXIT_SUCCESS);  // what the parent would do at its end is not for a child
} catch (const std::exception&) {
  ::_exit(EXIT_FAILURE);
}

}  // namespace postern::avengine
