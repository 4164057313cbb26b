#include "milters/antivirus/engine/object_scanner.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "lib/io/libarchive/archive_walk.hpp"
#include "lib/io/zlib/gzip_check.hpp"

namespace postern::avengine {
namespace {

using antivirus::Known;
using antivirus::Object;
using antivirus::ObjectKind;
using antivirus::Outcome;
using antivirus::Result;
using io::ArchiveState;

constexpr const char* mismatch = "the memory does not hold what the request says";
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t usual_recursion = 17;  // libclamav's own
constexpr const char* too_deep = "archives in archives over scanner.max_recursion";
constexpr const char* out_of_memory = "the scanner ran out of memory over it";

// The octets of each object; nothing if the sizes do not add up.
std::optional<std::vector<io::InnerFile>> split(std::string_view memory,
                                                const std::vector<Object>& objects) {
  std::vector<io::InnerFile> files;
  for (const Object& object : objects) {
    if (object.size > memory.size()) return std::nullopt;
    files.push_back({memory.substr(0, object.size), object.known == Known::clean});
    memory.remove_prefix(object.size);
  }
  if (!memory.empty()) return std::nullopt;
  return files;
}

// libarchive does not compare the checksums of gzip.
ArchiveState check_sums(std::string_view gzip, const io::ArchiveLimits& limits) {
  switch (io::check_gzip(gzip, limits.octets, limits.time)) {
    case io::GzipState::sound: return ArchiveState::whole;
    case io::GzipState::damaged: return ArchiveState::damaged;
    case io::GzipState::over_limit: return ArchiveState::over_limit;
  }
  return ArchiveState::damaged;
}

Outcome outcome_of(ArchiveState state, std::string_view kind) {
  const std::string archive(kind);
  switch (state) {
    case ArchiveState::whole:
    case ArchiveState::stopped: return {};
    case ArchiveState::encrypted: return {Result::encrypted, "Encrypted." + archive};
    case ArchiveState::unsupported:
      return {Result::unscannable, archive + " archive packed in a way that is not known"};
    case ArchiveState::damaged: return {Result::unscannable, "damaged " + archive + " archive"};
    case ArchiveState::over_limit:
      return {Result::unscannable, archive + " archive over a limit of the scanner"};
  }
  return {};
}

}  // namespace

std::vector<Outcome> ObjectScanner::scan(const antivirus::ScanRequest& request,
                                         std::string_view memory) {
  auto files = split(memory, request.objects);
  if (!files) return {request.objects.size(), Outcome{Result::temperror, mismatch}};
  std::vector<Outcome> outcomes;
  bool is_infected = false;  // then nothing else matters, and must not undo it by its failure
  for (std::size_t i = 0; i < files->size(); ++i) {
    const Object& object = request.objects[i];
    const io::InnerFile file = (*files)[i];
    try {
      outcomes.push_back(is_infected || object.known != Known::nothing
                             ? Outcome{Result::skipped, {}}
                         : object.kind == ObjectKind::message ? scan_message(file.octets, *files)
                                                              : scan_attachment(file));
    } catch (const std::bad_alloc&) {
      outcomes.push_back({Result::unscannable, out_of_memory});
    }
    is_infected = is_infected || outcomes.back().result == Result::infected;
  }
  return outcomes;
}

// The attachments of a message that follow it are mostly what libclamav found in it, too.
Outcome ObjectScanner::scan_message(std::string_view octets, std::vector<io::InnerFile>& files) {
  std::vector<io::InnerFile> met = files;
  Outcome outcome = engine_.scan(octets, met);
  if (outcome.result == Result::clean) files = std::move(met);
  return outcome;
}

Outcome ObjectScanner::scan_attachment(const io::InnerFile& file) {
  Outcome outcome = file.is_met ? Outcome() : engine_.scan(file.octets);
  if (outcome.result != Result::clean) return outcome;
  return look_into_archive(file.octets, {0, Clock::now() + options_.scan_time});
}

// libclamav says clean of an archive that ends too early, or that it does not know: who receives it
// may have a program that can more. The same goes for an archive in an archive.
Outcome ObjectScanner::look_into_archive(std::string_view octets, Depth depth) {
  const auto kind = io::find_archive_kind(octets);
  if (!kind) return {};
  if (depth.level >= (options_.max_recursion == 0 ? usual_recursion : options_.max_recursion)) {
    return {Result::unscannable, too_deep};
  }
  const auto time_left = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::max(depth.deadline - Clock::now(), Clock::duration(0)));
  const io::ArchiveLimits limits{options_.max_scan_size, options_.max_file_size, options_.max_files,
                                 time_left};
  Outcome gravest;
  const auto look_into_entry = [&](std::string_view content, bool is_foreign) {
    Outcome outcome = is_foreign ? engine_.scan(content) : Outcome();
    if (outcome.result == Result::clean) {
      outcome = look_into_archive(content, {depth.level + 1, depth.deadline});
    }
    if (outcome.result > gravest.result) gravest = std::move(outcome);
    return gravest.result != Result::infected;
  };
  ArchiveState state = io::walk_archive(octets, *kind, limits, look_into_entry);
  if (*kind == io::ArchiveKind::gzip && state == ArchiveState::whole) {
    state = check_sums(octets, limits);
  }
  Outcome whole = outcome_of(state, name_of(*kind));
  return whole.result > gravest.result ? whole : gravest;
}

}  // namespace postern::avengine
