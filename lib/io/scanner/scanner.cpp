#include "lib/io/scanner/scanner.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "lib/antivirus/scan_protocol.hpp"
#include "lib/base/hex.hpp"
#include "lib/io/scanner/avscan_client.hpp"
#include "lib/io/scanner/breaker.hpp"
#include "lib/io/scanner/clamd_client.hpp"
#include "lib/io/sealed/sealed_message.hpp"

namespace postern::io {
namespace {

using antivirus::ObjectKind;
using antivirus::Outcome;
using antivirus::Report;
using antivirus::Result;
using antivirus::ScanAnswer;
using antivirus::Scannable;
using antivirus::ScannerAddress;

constexpr std::chrono::milliseconds between_tries{50};

Unexpected<ScanFailure> failure(std::string problem) {
  return Unexpected<ScanFailure>({std::move(problem)});
}

bool has(const Report& report, Result result) {
  return std::any_of(report.outcomes.begin(), report.outcomes.end(),
                     [&](const Outcome& outcome) { return outcome.result == result; });
}

// Whether no other scanner could change what is done: what is infected is, whatever else is not
// known.
bool is_final(const Report& report) {
  return has(report, Result::infected) ||
         (!has(report, Result::temperror) && !has(report, Result::skipped));
}

}  // namespace

struct Scanner::Request {
  std::span<const Scannable> objects;
  const dkim::Crypto& crypto;
  std::string text;       // for postern-avscan, when it is asked for the first time
  FileDescriptor memory;  // likewise

  // \return What is lacking, or nothing.
  std::string prepare() {
    if (memory) return {};
    antivirus::ScanRequest request;
    std::vector<std::string_view> pieces;
    for (const Scannable& object : objects) {
      antivirus::Object& described = request.objects.emplace_back();
      described.kind = object.kind;
      for (const std::string_view piece : object.pieces) {
        described.size += piece.size();
        pieces.push_back(piece);
      }
    }
    add_digests(request.objects);
    text = antivirus::format(request);
    auto sealed = seal_message(pieces);
    if (!sealed) return sealed.error();
    memory = std::move(*sealed);
    return {};
  }

 private:
  // A message that is attachments for the most part comes again with another header, if at all: it
  // is by their digests that its scan is short then.
  void add_digests(std::vector<antivirus::Object>& described) const {
    std::uint64_t attached = 0;
    for (const antivirus::Object& object : described) {
      if (object.kind == ObjectKind::attachment) attached += object.size;
    }
    for (std::size_t i = 0; i < described.size(); ++i) {
      antivirus::Object& object = described[i];
      if (object.kind == ObjectKind::message && attached > object.size / 2) continue;
      const auto hasher = crypto.sha256();
      for (const std::string_view piece : objects[i].pieces) hasher->update(piece);
      object.digest = hexadecimal(hasher->finish());
    }
  }
};

class Scanner::Line {
 public:
  explicit Line(const ScannerAddress& address) : address_(address.text) {
    if (address.kind == ScannerAddress::Kind::avscan) {
      avscan_.emplace(address.path);
    } else {
      clamd_.emplace(address);
    }
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] Breaker& breaker() { return breaker_; }

  [[nodiscard]] Expected<ScanAnswer, ScanFailure> scan(Request& request, const Deadline& deadline) {
    return avscan_ ? scan_with_avscan(request, deadline) : scan_with_clamd(request, deadline);
  }

 private:
  Expected<ScanAnswer, ScanFailure> scan_with_avscan(Request& request, const Deadline& deadline) {
    if (std::string problem = request.prepare(); !problem.empty()) return failure(problem);
    const auto text = avscan_->ask(request.text, request.memory.get(), deadline);
    if (!text) return Unexpected<ScanFailure>(text.error());
    auto answer = antivirus::parse_scan_answer(*text);
    if (!answer) return failure("its answer " + std::string(answer.error().problem));
    if (answer->outcomes.size() != request.objects.size()) {
      return failure("its answer is about another number of objects");
    }
    return std::move(*answer);
  }

  Expected<ScanAnswer, ScanFailure> scan_with_clamd(const Request& request,
                                                    const Deadline& deadline) {
    ScanAnswer answer;
    for (const Scannable& object : request.objects) {
      auto outcome = clamd_->scan(object, deadline);
      if (!outcome) return Unexpected<ScanFailure>(outcome.error());
      answer.outcomes.push_back(std::move(*outcome));
      if (answer.outcomes.back().result == Result::infected) break;  // whatever the rest is
    }
    answer.outcomes.resize(request.objects.size(), {Result::skipped, {}});
    return answer;
  }

  const std::string address_;
  std::optional<AvscanClient> avscan_;
  std::optional<ClamdClient> clamd_;
  Breaker breaker_;
};

Scanner::Scanner(const dkim::Crypto& crypto, Notice notice)
    : crypto_(crypto), notice_(std::move(notice)) {}

Scanner::~Scanner() = default;

Scanner::Lines Scanner::lines_to(std::span<const ScannerAddress> scanners) {
  const std::lock_guard lock(mutex_);
  Lines found;
  for (const ScannerAddress& address : scanners) {
    std::shared_ptr<Line>& line = lines_[address.text];
    if (line == nullptr) line = std::make_shared<Line>(address);
    found.push_back(line);
  }
  return found;
}

void Scanner::keep_only(std::span<const ScannerAddress> scanners) {
  const std::lock_guard lock(mutex_);
  for (auto line = lines_.begin(); line != lines_.end();) {
    const bool is_wanted = std::any_of(scanners.begin(), scanners.end(), [&](const auto& address) {
      return address.text == line->first;
    });
    if (is_wanted) line->second->breaker().end_pause();
    line = is_wanted ? std::next(line) : lines_.erase(line);
  }
}

// An answer or a failure goes into the report.
Scanner::End Scanner::ask(Line& line, Request& request, const Deadline& deadline, Report& report) {
  report.scanner = line.address();
  const auto give_up = [&](const ScanFailure& failure) {
    report.outcomes.assign(request.objects.size(),
                           {Result::temperror, antivirus::printable_name(failure.what)});
    return failure.is_away ? End::away : End::failing;
  };
  Breaker& breaker = line.breaker();
  if (!breaker.may_ask(Breaker::Time::clock::now())) return give_up({breaker.problem()});
  auto answer = line.scan(request, deadline);
  if (!answer) {
    const std::string& what = answer.error().what;
    const bool is_late = deadline.left().count() == 0;
    const auto change = breaker.note_failure(Breaker::Time::clock::now(), is_late, what);
    if (change == Breaker::Change::failing) notice_(line.address(), what);
    return give_up(answer.error());
  }
  if (breaker.note_answer() == Breaker::Change::answering) notice_(line.address(), {});
  report.outcomes = std::move(answer->outcomes);
  report.generation = std::move(answer->generation);
  return End::answered;
}

Scanner::End Scanner::ask_in_turn(const Lines& lines, Request& request, const Deadline& deadline,
                                  Report& report) {
  std::optional<Report> incomplete;  // the best answer that leaves something open
  End end = End::failing;
  for (const std::shared_ptr<Line>& line : lines) {
    const bool is_last = line == lines.back();
    const Deadline share(is_last ? deadline.left() : deadline.left() / 2);
    report = {};
    const End attempt = ask(*line, request, share, report);
    if (attempt == End::away) end = End::away;
    if (attempt != End::answered) continue;
    if (is_final(report)) return End::answered;
    if (!incomplete || (has(*incomplete, Result::temperror) && !has(report, Result::temperror))) {
      incomplete = report;
    }
  }
  if (!incomplete) return end;
  report = std::move(*incomplete);
  return End::answered;
}

Report Scanner::scan(std::span<const Scannable> objects, std::span<const ScannerAddress> scanners,
                     std::chrono::milliseconds timeout) {
  const auto begin = std::chrono::steady_clock::now();
  const Deadline deadline(timeout);
  const Lines lines = lines_to(scanners);
  const bool was_there = std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line->breaker().is_known_to_answer();
  });
  const Deadline patience(std::min<std::chrono::milliseconds>(
      was_there ? time_to_restart : std::chrono::seconds(0), timeout));
  Request request{objects, crypto_, {}, {}};
  Report report;
  while (ask_in_turn(lines, request, deadline, report) == End::away &&
         patience.left().count() > 0) {
    std::this_thread::sleep_for(between_tries);
  }
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace postern::io
