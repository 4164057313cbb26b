#include "lib/antivirus/scanner_settings.hpp"

#include <array>
#include <utility>

namespace postern::antivirus {
namespace {

using config::ConfigError;
using config::row;
using S = ScannerSettings;

constexpr std::array table = {
    row<&S::socket>("scanner.socket", R"("/run/postern-avscan/avscan.sock")",
                    "Path of the socket on which postern-avscan is asked; antivirus.scanners names "
                    "it, too. Everybody on this host may connect, and scanner.clients may ask. "
                    "Read at start only."),
    row<&S::clients>("scanner.clients", R"(["postern-milter"])",
                     "Users of this host who may ask for scans; names or numbers. root and the "
                     "user of the scanner always may."),
    row<&S::user>("scanner.user", R"("postern-avscan")",
                  "User of this host that postern-avscan becomes, with its group and no other, "
                  "when root starts it. Started by another user it stays that user. Read at start "
                  "only."),
    row<&S::database>("scanner.database", R"("/var/lib/clamav")",
                      "Directory of the signatures, which freshclam of the package "
                      "clamav-freshclam fills; or one file."),
    row<&S::temporary_directory>(
        "scanner.temporary_directory", R"("/var/tmp")",
        "Where a directory is made for what is unpacked during a scan; it goes with the daemon. In "
        "memory (tmpfs) scans are faster, and take memory. Read at start only."),
    row<&S::children>("scanner.children", "2",
                      "Processes that scan, a message at a time each; no more than there are "
                      "processors makes sense. They share the memory of the signatures."),
    row<&S::messages_per_child>("scanner.messages_per_child", "500",
                                "Messages after which a process that scans is replaced."),
    row<&S::max_scan_size>("scanner.max_scan_size", R"("100MiB")",
                           "Octets that are unpacked of one message or attachment. What has more "
                           "is unscannable."),
    row<&S::max_file_size>("scanner.max_file_size", R"("50MiB")",
                           "Octets of one message, attachment, or file in it. What has more is "
                           "unscannable."),
    row<&S::max_recursion>("scanner.max_recursion", "17",
                           "Archives in archives, and the like, that are unpacked."),
    row<&S::max_files>("scanner.max_files", "5000",
                       "Files of one message or attachment that are unpacked."),
    row<&S::potentially_unwanted>(
        "scanner.potentially_unwanted", "false",
        "Whether signatures of programs that are no viruses but may be unwanted are used (PUA)."),
    row<&S::scan_time>("scanner.scan_time", R"("15s")",
                       "Time for one message or attachment; then it is unscannable."),
    row<&S::request_time>(
        "scanner.request_time", R"("20s")",
        "Time for a message with all its attachments. A process that is not done then is killed, "
        "and the message is tried once more in a new one; then it is unscannable."),
    row<&S::processor_time>("scanner.processor_time", R"("20s")",
                            "Time of a processor for the same; whole seconds."),
    row<&S::child_memory>("scanner.child_memory", R"("512MiB")",
                          "Memory that a process that scans may take beyond that of the "
                          "signatures. One that wants more fails at it or dies, and is replaced."),
    row<&S::queue>("scanner.queue", "200", "Messages that wait for a process at most."),
    row<&S::wait>("scanner.wait", R"("40s")",
                  "How long a message waits for a process, or for new signatures to be loaded, "
                  "before it is told that there is none (temperror); keep it and twice "
                  "scanner.request_time below antivirus.timeout."),
    row<&S::cache>("scanner.cache", "10000",
                   "Results that are remembered by the hash of a message or attachment, until the "
                   "signatures change; 0: none."),
    row<&S::check_interval>("scanner.check_interval", R"("10s")",
                            "How often the signatures are looked at for changes; at least 100ms. "
                            "They are loaded once nothing has changed for that long."),
    row<&S::memory_floor>(
        "scanner.memory_floor", R"("48MiB")",
        "Memory of the host that must stay available. Below twice of it only attachments are "
        "scanned; below it at three looks in a row the signatures are given up until there is room "
        "for them, messages pass "
        "as antivirus.on_skipped says, and the log says so once. 0: never."),
};

struct Text {
  std::string_view name;
  const std::string& value;
};
struct Count {
  std::string_view name;
  std::uint32_t value = 0;
};

}  // namespace

Expected<ScannerSettings, ConfigError> load_scanner_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<S>>(table), document);
  if (!settings) return settings;
  for (const Text& path :
       {Text{"scanner.socket", settings->socket}, Text{"scanner.database", settings->database},
        Text{"scanner.temporary_directory", settings->temporary_directory}}) {
    if (!path.value.starts_with('/')) {
      return config::wrong_parameter(document, path.name, "needs a path that begins with /");
    }
  }
  for (const Count& count :
       {Count{"scanner.children", settings->children},
        Count{"scanner.messages_per_child", settings->messages_per_child},
        Count{"scanner.max_recursion", settings->max_recursion},
        Count{"scanner.max_files", settings->max_files}, Count{"scanner.queue", settings->queue}}) {
    if (count.value == 0)
      return config::wrong_parameter(document, count.name, "must be at least 1");
  }
  for (const auto& [name, size] : {std::pair{"scanner.max_scan_size", settings->max_scan_size},
                                   std::pair{"scanner.max_file_size", settings->max_file_size},
                                   std::pair{"scanner.child_memory", settings->child_memory}}) {
    if (size.bytes == 0) return config::wrong_parameter(document, name, "must be more than 0");
  }
  if (settings->scan_time < std::chrono::milliseconds(100)) {
    return config::wrong_parameter(document, "scanner.scan_time", "is below 100ms");
  }
  constexpr std::uint32_t max_children = 64;
  if (settings->children > max_children) {
    return config::wrong_parameter(document, "scanner.children", "is over 64");
  }
  if (settings->check_interval < std::chrono::milliseconds(100)) {
    return config::wrong_parameter(document, "scanner.check_interval", "is below 100ms");
  }
  if (settings->processor_time < std::chrono::seconds(1)) {
    return config::wrong_parameter(document, "scanner.processor_time", "is below 1s");
  }
  if (settings->request_time < settings->scan_time) {
    return config::wrong_parameter(document, "scanner.request_time",
                                   "is shorter than scanner.scan_time");
  }
  return settings;
}

std::vector<config::Row> scanner_setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::antivirus
