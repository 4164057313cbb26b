#include "lib/io/clamav/scan_engine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/antivirus/classify.hpp"
#include "lib/io/clamav/complaints.hpp"
#include "lib/io/clamav/database_files.hpp"
#include "lib/io/clamav/generation.hpp"
#include "lib/io/clamav/samples.hpp"

namespace postern::io {
namespace {

using antivirus::EngineOptions;
using antivirus::Outcome;
using Map = CHandle<cl_fmap_t, cl_fmap_close>;

constexpr std::string_view out_of_memory = "the scanner ran out of memory over it";
constexpr std::string_view out_of_files = "Can't write to a temporary file";
constexpr std::uint64_t compared_per_octet = 4;  // files of one size are compared with each other
constexpr std::string_view not_opened = "libclamav does not open this kind of zip file (zip64)";
constexpr unsigned long size_in_zip64 = 0xFFFFFFFF;  // the true one stands elsewhere
constexpr std::string_view entry_over_limit = "a file in an archive is over scanner.max_file_size";

// Signatures come before heuristics: only what no signature matches is called encrypted or a macro.
cl_scan_options scan_options() {
  cl_scan_options options{};
  options.parse = ~std::uint32_t{0};
  options.general = CL_SCAN_GENERAL_HEURISTICS;
  options.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_MACROS |
                      CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC;
  return options;
}

// 0 would mean no limit to libclamav.
void set(cl_engine* engine, cl_engine_field field, std::uint64_t value) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (value > 0) cl_engine_set_num(engine, field, static_cast<long long>(std::min(value, most)));
}

void set_limits(cl_engine* engine, const EngineOptions& options) {
  set(engine, CL_ENGINE_MAX_SCANSIZE, options.max_scan_size);
  set(engine, CL_ENGINE_MAX_FILESIZE, options.max_file_size);
  set(engine, CL_ENGINE_MAX_RECURSION, options.max_recursion);
  set(engine, CL_ENGINE_MAX_FILES, options.max_files);
  set(engine, CL_ENGINE_MAX_SCANTIME, static_cast<std::uint64_t>(options.scan_time.count()));
  // What it remembers as clean it knows by MD5, of which anybody can make two files; and each file
  // would have to be hashed.
  cl_engine_set_num(engine, CL_ENGINE_DISABLE_CACHE, 1);
  cl_engine_set_num(engine, CL_ENGINE_BYTECODE_SECURITY, CL_BYTECODE_TRUST_SIGNED);
  cl_engine_set_num(engine, CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER);
}

std::uint64_t max_file_size(const cl_engine* engine) {
  int error = CL_SUCCESS;
  const long long size = cl_engine_get_num(engine, CL_ENGINE_MAX_FILESIZE, &error);
  const bool is_limited = error == CL_SUCCESS && size > 0;
  return is_limited ? static_cast<std::uint64_t>(size) : std::numeric_limits<std::uint64_t>::max();
}

// Of one scan, for what libclamav tells on its way.
struct Course {
  std::uint64_t max_entry_size = 0;
  bool has_too_large_entry = false;
  bool has_zip64_entry = false;
  InnerFiles inner;
};

// libclamav 1.4.6 skips an entry of a zip that is over CL_ENGINE_MAX_FILESIZE, and calls the zip
// clean without a word. \param context  Course
// NOLINTNEXTLINE(readability-function-size): libclamav calls it so
cl_error_t look_at_entry(const char* /*container*/, unsigned long /*container_size*/,
                         const char* /*name*/, unsigned long size, int /*is_encrypted*/,
                         unsigned /*position*/, void* context) {
  auto* const course = static_cast<Course*>(context);
  if (course == nullptr || size <= course->max_entry_size) return CL_CLEAN;
  (size == size_in_zip64 ? course->has_zip64_entry : course->has_too_large_entry) = true;
  return CL_CLEAN;
}

// \param context  Course
// NOLINTNEXTLINE(readability-function-size): libclamav calls it so
cl_error_t look_at_file(int /*descriptor*/, const char* type, const char** /*ancestors*/,
                        std::size_t /*size_above*/, const char* /*name*/, std::size_t size,
                        const char* octets, std::uint32_t depth, std::uint32_t /*attributes*/,
                        void* context) {
  auto* const course = static_cast<Course*>(context);
  if (course == nullptr || type == nullptr || octets == nullptr) return CL_CLEAN;
  return course->inner.meet({type, {octets, size}, depth}) ? CL_BREAK : CL_CLEAN;
}

std::string to_text(const EngineOptions& options) {
  std::string text;
  for (const std::uint64_t value :
       {options.max_scan_size, options.max_file_size, std::uint64_t{options.max_recursion},
        std::uint64_t{options.max_files}, static_cast<std::uint64_t>(options.scan_time.count()),
        std::uint64_t{options.potentially_unwanted ? 1U : 0U}}) {
    text += std::to_string(value) + ' ';
  }
  return text;
}

Unexpected<std::string> not_loaded(const std::string& path, cl_error_t error) {
  std::string problem = path + ": signatures cannot be loaded: " + cl_strerror(error);
  if (!Complaints::last().empty()) problem += " (" + Complaints::last() + ")";
  problem += "; remove the file that is wrong, and run freshclam (package clamav-freshclam)";
  return Unexpected<std::string>(std::move(problem));
}

}  // namespace

ScanEngine::ScanEngine(Handle engine, std::string generation, std::uint64_t signatures)
    : engine_(std::move(engine)), generation_(std::move(generation)), signatures_(signatures) {}

Expected<ScanEngine, std::string> ScanEngine::load(const EngineOptions& options) {
  Complaints::listen();
  Complaints::forget();
  if (const auto error = cl_init(CL_INIT_DEFAULT); error != CL_SUCCESS) {
    return Unexpected<std::string>(std::string("libclamav: ") + cl_strerror(error));
  }
  const auto files = list_database(options.database);
  if (!files) return Unexpected<std::string>(files.error());
  auto generation = generation_of(*files, to_text(options));
  if (!generation) return Unexpected<std::string>(generation.error());
  Handle engine(cl_engine_new());
  if (!engine) return Unexpected<std::string>("libclamav: out of memory");
  set_limits(engine.get(), options);
  cl_engine_set_clcb_meta(engine.get(), look_at_entry);
  cl_engine_set_clcb_file_inspection(engine.get(), look_at_file);
  unsigned signatures = 0;
  const unsigned unwanted = options.potentially_unwanted ? CL_DB_PUA : 0;
  const auto loaded =
      cl_load(options.database.c_str(), engine.get(), &signatures, CL_DB_STDOPT | unwanted);
  if (loaded != CL_SUCCESS) return not_loaded(options.database, loaded);
  if (signatures == 0) return Unexpected<std::string>(no_signatures(options.database));
  const auto compiled = cl_engine_compile(engine.get());
  if (compiled != CL_SUCCESS) return not_loaded(options.database, compiled);
  ScanEngine made(std::move(engine), std::move(*generation), signatures);
  if (!made.unpack_into(options.temporary_directory)) {
    return Unexpected<std::string>("libclamav: out of memory");
  }
  return made;
}

bool ScanEngine::unpack_into(const std::string& directory) {
  return cl_engine_set_str(engine_.get(), CL_ENGINE_TMPDIR, directory.c_str()) == CL_SUCCESS;
}

Outcome ScanEngine::scan(std::string_view octets, std::span<InnerFile> inner) {
  if (octets.empty()) return {};  // libclamav has no map of nothing
  Complaints::forget();
  const Map map(cl_fmap_open_memory(octets.data(), octets.size()));
  if (!map) return antivirus::classify_error(out_of_memory);
  cl_scan_options options = scan_options();
  const char* name = nullptr;
  unsigned long scanned = 0;
  Course course{max_file_size(engine_.get()), false, false,
                InnerFiles(inner, compared_per_octet * octets.size())};
  const auto result =
      cl_scanmap_callback(map.get(), nullptr, &name, &scanned, engine_.get(), &options, &course);
  if (result == CL_VIRUS) {
    Outcome found = antivirus::classify_match(name == nullptr ? "" : name);
    if (found.result == antivirus::Result::infected) return found;
    if (!course.has_too_large_entry && !course.has_zip64_entry) return found;
  }
  if (course.has_too_large_entry || course.has_zip64_entry) {
    return {antivirus::Result::unscannable,
            std::string(course.has_too_large_entry ? entry_over_limit : not_opened)};
  }
  if (result != CL_CLEAN) return antivirus::classify_error(cl_strerror(result));
  switch (Complaints::worst()) {
    case Complaints::Kind::none: break;
    case Complaints::Kind::memory: return antivirus::classify_error(out_of_memory);
    case Complaints::Kind::files: return antivirus::classify_error(out_of_files);
  }
  return {};
}

void ScanEngine::warm_up() {
  for (const std::string_view sample : samples()) static_cast<void>(scan(sample));
}

}  // namespace postern::io
