#include "milters/antivirus/engine/object_scanner.hpp"

#include <cstdint>
#include <new>
#include <string>
#include <utility>

#include "lib/io/libarchive/archive_walk.hpp"
#include "lib/io/zlib/gzip_check.hpp"

namespace postern::avengine {
namespace {

using antivirus::Object;
using antivirus::ObjectKind;
using antivirus::Outcome;
using antivirus::Result;
using io::ArchiveState;

constexpr const char* mismatch = "the memory does not hold what the request says";
constexpr const char* out_of_memory = "the scanner ran out of memory over it";

// Nothing of the sizes is believed before they add up.
bool holds(std::string_view memory, const std::vector<Object>& objects) {
  std::uint64_t rest = memory.size();
  for (const Object& object : objects) {
    if (object.size > rest) return false;
    rest -= object.size;
  }
  return rest == 0;
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
  if (!holds(memory, request.objects)) {
    return {request.objects.size(), Outcome{Result::temperror, mismatch}};
  }
  std::vector<Outcome> outcomes;
  std::size_t start = 0;
  for (const Object& object : request.objects) {
    const std::string_view octets = memory.substr(start, object.size);
    start += object.size;
    try {
      outcomes.push_back(scan_object(object, octets));
    } catch (const std::bad_alloc&) {
      outcomes.push_back({Result::unscannable, out_of_memory});
    }
  }
  return outcomes;
}

Outcome ObjectScanner::scan_object(const Object& object, std::string_view octets) {
  if (object.skip) return {Result::skipped, {}};
  Outcome outcome = engine_.scan(octets);
  if (outcome.result != Result::clean || object.kind == ObjectKind::message) return outcome;
  return look_into_archive(octets);
}

// libclamav says clean of an archive that ends too early, or that it does not know: who receives it
// may have a program that can more.
Outcome ObjectScanner::look_into_archive(std::string_view octets) {
  const auto kind = io::find_archive_kind(octets);
  if (!kind) return {};
  const io::ArchiveLimits limits{options_.max_scan_size, options_.max_file_size, options_.max_files,
                                 options_.scan_time};
  Outcome gravest;
  ArchiveState state = io::walk_archive(octets, *kind, limits, [&](std::string_view content) {
    Outcome outcome = engine_.scan(content);
    if (outcome.result > gravest.result) gravest = std::move(outcome);
    return gravest.result != Result::infected;
  });
  if (*kind == io::ArchiveKind::gzip && state == ArchiveState::whole) {
    state = check_sums(octets, limits);
  }
  Outcome whole = outcome_of(state, name_of(*kind));
  return whole.result > gravest.result ? whole : gravest;
}

}  // namespace postern::avengine
