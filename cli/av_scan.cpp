// "postern av scan": what the scanners of the configuration say of files.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/av_options.hpp"
#include "cli/commands.hpp"
#include "lib/antivirus/settings.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/scanner/scanner.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

using antivirus::Outcome;
using antivirus::Report;
using antivirus::Result;

constexpr std::size_t max_file_size = std::size_t{1} << 30;  // bytes

Report without_scan(Result result, const std::string& why) {
  Report report;
  report.outcomes.push_back({result, antivirus::printable_name(why)});
  return report;
}

Report scan_file(io::Scanner& scanner, const antivirus::Settings& settings,
                 const AvOptions& options, const std::string& file) {
  const auto text = io::read_file(file == "-" ? "/dev/stdin" : file, max_file_size);
  if (!text) return without_scan(Result::temperror, text.error());
  if (text->size() > settings.max_size.bytes) {
    return without_scan(Result::unscannable, "over antivirus.max_size");
  }
  antivirus::Scannable object;
  if (!options.is_message) object.kind = antivirus::ObjectKind::attachment;
  object.pieces.emplace_back(*text);
  return scanner.scan(std::span(&object, 1), settings.scanners, settings.timeout);
}

void print(const std::string& file, const Report& report) {
  const Outcome outcome = antivirus::gravest(report);
  std::string line = report::escape(file) + ": ";
  line += outcome.result == Result::temperror ? "no answer" : to_word(outcome.result);
  if (!outcome.name.empty()) line += " " + outcome.name;
  if (outcome.result == Result::temperror && !report.scanner.empty()) {
    line += " (" + report::escape(report.scanner) + ")";
  }
  std::printf("%s\n", line.c_str());
}

// What all files together make of the exit status.
class Sum {
 public:
  void add(Result result) {
    const bool is_unknown = result == Result::temperror || result == Result::skipped;
    found_ = found_ || (!is_unknown && result != Result::clean);
    unknown_ = unknown_ || is_unknown;
  }
  [[nodiscard]] int exit_status() const { return found_ ? 1 : unknown_ ? 2 : 0; }

 private:
  bool found_ = false;
  bool unknown_ = false;
};

}  // namespace

int av_scan(const AvOptions& options) {
  constexpr int no_answer = 2;
  const auto document = io::load_config_files(options.config_file);
  if (!document) return fail(document.error().text()), no_answer;
  const auto settings = antivirus::load_settings(*document);
  if (!settings) return fail(settings.error().text()), no_answer;
  const io::OpensslCrypto crypto;
  io::Scanner scanner(crypto, [](const std::string&, const std::string&) {});
  Sum sum;
  auto json = nlohmann::ordered_json::array();
  for (const std::string& file : options.files) {
    const Report report = scan_file(scanner, *settings, options, file);
    sum.add(antivirus::gravest(report).result);
    if (options.json) {
      auto entry = report::to_json(report);
      entry.erase("objects");
      entry["file"] = file;
      json.push_back(std::move(entry));
    } else {
      print(file, report);
    }
  }
  if (options.json) std::printf("%s\n", report::dump({{"files", json}}).c_str());
  return sum.exit_status();
}

}  // namespace postern::cli
