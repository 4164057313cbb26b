#include "lib/io/clamav/complaints.hpp"

#include <clamav.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

using Kind = Complaints::Kind;

constexpr std::size_t max_size = 512;

struct Said {
  Kind worst = Kind::none;
  std::string last;
};
Said& said() {
  static Said one;
  return one;
}

// Words of the messages of libclamav 1.0 to 1.4, in lower case.
constexpr std::array<std::string_view, 4> of_memory = {"allocate", "out of memory", "memory error",
                                                       "insufficient memory"};
constexpr std::array<std::string_view, 9> of_files = {
    "can't create", "can't write",  "cannot create",   "failed to create", "unable to create",
    "write error",  "write failed", "failed to write", "can't open"};

template <std::size_t size>
bool has_any(const std::string& text, const std::array<std::string_view, size>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != text.npos; });
}

Kind kind_of(std::string_view message) {
  const std::string text = ascii::to_lower(message);
  if (has_any(text, of_memory)) return Kind::memory;
  return has_any(text, of_files) ? Kind::files : Kind::none;
}

// No exception may pass libclamav, and what cannot be kept is lost.
void hear(cl_msg severity, const char* /*full*/, const char* message, void* /*context*/) noexcept {
  if (severity < CL_MSG_WARN || message == nullptr) return;
  try {
    const std::string_view text = ascii::trim(std::string_view(message).substr(0, max_size));
    said().worst = std::max(said().worst, kind_of(text));
    said().last = text;
  } catch (...) {
    said().worst = Kind::memory;
  }
}

}  // namespace

void Complaints::listen() {
  cl_set_clcb_msg(&hear);
}

void Complaints::forget() {
  said() = {};
}

Complaints::Kind Complaints::worst() {
  return said().worst;
}

std::string Complaints::last() {
  return said().last;
}

}  // namespace postern::io
