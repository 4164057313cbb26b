#include "milters/antivirus/engine/sealed_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstddef>
#include <utility>

namespace postern::avengine {
namespace {

using antivirus::Outcome;
using antivirus::Result;

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Unexpected<Outcome> refuse(Result result, const char* why) {
  return Unexpected<Outcome>(Outcome{result, why});
}

}  // namespace

Expected<SealedMap, Outcome> SealedMap::map(int memory) {
  const int found = ::fcntl(memory, F_GET_SEALS);
  if (found < 0 || (found & seals) != seals) {
    return refuse(Result::temperror, "what came is no sealed memory");
  }
  struct stat status {};
  if (::fstat(memory, &status) != 0) return refuse(Result::temperror, "memory has no size");
  if (status.st_size == 0) return SealedMap(std::string_view());
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, memory, 0);
  // It will be as large when it is tried again.
  if (start == MAP_FAILED) return refuse(Result::unscannable, "larger than scanner.child_memory");
  return SealedMap(std::string_view(static_cast<const char*>(start), size));
}

SealedMap::SealedMap(SealedMap&& other) noexcept : octets_(std::exchange(other.octets_, {})) {}

SealedMap::~SealedMap() {
  if (!octets_.empty()) ::munmap(const_cast<char*>(octets_.data()), octets_.size());
}

}  // namespace postern::avengine
