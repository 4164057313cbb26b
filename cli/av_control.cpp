// "postern av status" and "postern av reload": the supervisor is asked at scanner.socket.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/av_options.hpp"
#include "cli/commands.hpp"
#include "cli/store_access.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "lib/antivirus/scanner_settings.hpp"
#include "lib/antivirus/status.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/scanner/avscan_client.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::chrono::seconds time_for_status{10};
constexpr std::chrono::minutes time_for_reload{5};  // the first load on a small host takes one

Expected<std::string, std::string> ask(const AvOptions& options, antivirus::ControlRequest request,
                                       std::chrono::milliseconds time) {
  const auto document = io::load_config_files(options.config_file);
  if (!document) return Unexpected<std::string>(document.error().text());
  const auto settings = antivirus::load_scanner_settings(*document);
  if (!settings) return Unexpected<std::string>(settings.error().text());
  io::AvscanClient client(settings->socket);
  auto answer = client.ask(antivirus::format(request), -1, io::Deadline(time));
  if (answer) return std::move(*answer);
  return Unexpected<std::string>("postern-avscan at " + settings->socket + ": " +
                                 answer.error().what +
                                 (answer.error().is_away ? "; is it running?" : ""));
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

void print_line(const char* name, const std::string& value) {
  std::printf("%-12s%s\n", name, value.c_str());
}

void print(const antivirus::Status& status) {
  constexpr std::int64_t mebibyte = 1024 * 1024;
  print_line("scans", status.mode == antivirus::Mode::full ? "everything"
                      : status.mode == antivirus::Mode::attachments
                          ? "attachments only: the host is short of memory"
                          : "nothing: the host is short of memory");
  if (status.generation.empty()) {
    print_line("signatures", status.loading ? "none yet, being loaded" : "none");
  } else {
    print_line("signatures", number(status.signatures) + ", generation " +
                                 report::escape(status.generation) + ", in use since " +
                                 format_time(store::Time{std::chrono::milliseconds(status.since)}) +
                                 (status.loading ? ", others are being loaded" : ""));
  }
  if (!status.problem.empty()) print_line("problem", report::escape(status.problem));
  print_line("memory", number(status.memory / mebibyte) + " MiB for the signatures");
  print_line("processes", number(status.children) + ", of which " + number(status.busy) +
                              " scan; " + number(status.waiting) + " messages wait");
  print_line("messages", number(status.scanned) + " scanned, " + number(status.infected) +
                             " infected, " + number(status.unscannable) + " unscannable, " +
                             number(status.retried) + " tried twice");
  print_line("remembered", number(status.cache_hits) +
                               " messages and attachments not scanned "
                               "again");
}

nlohmann::ordered_json to_json(const antivirus::Status& status) {
  return {{"mode", to_word(status.mode)},
          {"generation", status.generation},
          {"signatures", status.signatures},
          {"since_ms", status.since},
          {"loading", status.loading},
          {"problem", status.problem},
          {"memory", status.memory},
          {"children", status.children},
          {"busy", status.busy},
          {"waiting", status.waiting},
          {"scanned", status.scanned},
          {"infected", status.infected},
          {"unscannable", status.unscannable},
          {"retried", status.retried},
          {"cache_hits", status.cache_hits}};
}

}  // namespace

int av_status(const AvOptions& options) {
  const auto answer = ask(options, antivirus::ControlRequest::status, time_for_status);
  if (!answer) return fail(answer.error());
  const auto status = antivirus::parse_status(*answer);
  if (!status) {
    return fail("the answer of postern-avscan " + std::string(status.error().problem) +
                "; is it of another version?");
  }
  if (options.json) {
    std::printf("%s\n", report::dump(to_json(*status)).c_str());
  } else {
    print(*status);
  }
  const bool lacks_processes = status->children == 0 && !status->problem.empty();
  return status->generation.empty() || lacks_processes ? 1 : 0;
}

int av_reload(const AvOptions& options) {
  const auto answer = ask(options, antivirus::ControlRequest::reload, time_for_reload);
  if (!answer) return fail(answer.error());
  const auto reloaded = antivirus::parse_reload_answer(*answer);
  if (!reloaded) {
    return fail("the answer of postern-avscan " + std::string(reloaded.error().problem) +
                "; is it of another version?");
  }
  if (!reloaded->problem.empty()) return fail(report::escape(reloaded->problem));
  std::printf("%s signatures in use, generation %s\n", number(reloaded->signatures).c_str(),
              report::escape(reloaded->generation).c_str());
  return 0;
}

}  // namespace postern::cli
