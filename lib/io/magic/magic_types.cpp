#include "lib/io/magic/magic_types.hpp"

#include <magic.h>

#include <array>
#include <cstddef>
#include <utility>

#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

using Handle = CHandle<magic_set, magic_close>;

// Signatures only. What is left out takes files apart (archives, ELF, OLE2, JSON, CSV) or looks for
// words in text, is slow, and is where the faults of libmagic were found.
constexpr int flags = MAGIC_MIME_TYPE | MAGIC_ERROR | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
                      MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS |
                      MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_CSV |
                      MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_APPTYPE;

constexpr std::size_t max_size = 64U << 10U;

void set_limits(magic_t handle) {
  constexpr std::array<std::pair<int, std::size_t>, 5> limits = {{
      {MAGIC_PARAM_INDIR_MAX, 10},
      {MAGIC_PARAM_NAME_MAX, 50},
      {MAGIC_PARAM_REGEX_MAX, 4'096},
      {MAGIC_PARAM_BYTES_MAX, max_size},
      {MAGIC_PARAM_ENCODING_MAX, 4'096},
  }};
  // A parameter that an older libmagic lacks is not set, and nothing is lost.
  for (const auto& [parameter, value] : limits) magic_setparam(handle, parameter, &value);
}

Expected<Handle, std::string> open_handle(const std::string& database) {
  Handle handle(magic_open(flags));
  if (!handle) return Unexpected<std::string>("libmagic cannot be opened: out of memory");
  set_limits(handle.get());
  if (magic_load(handle.get(), database.c_str()) != 0) {
    const char* const reason = magic_error(handle.get());
    return Unexpected<std::string>("the types of files cannot be read from " + database +
                                   ".mgc: " + (reason == nullptr ? "unknown reason" : reason) +
                                   "; install the package libmagic-mgc");
  }
  return handle;
}

}  // namespace

Expected<std::unique_ptr<MagicTypes>, std::string> MagicTypes::open(std::string database) {
  if (const auto handle = open_handle(database); !handle) {
    return Unexpected<std::string>(handle.error());
  }
  return std::make_unique<MagicTypes>(std::move(database));
}

std::string MagicTypes::type_of(std::string_view octets) const {
  constexpr std::string_view nothing_told = "application/octet-stream";
  const auto handle = open_handle(database_);
  if (!handle || octets.empty()) return {};
  const std::string_view looked_at = octets.substr(0, max_size);
  const char* const type = magic_buffer(handle->get(), looked_at.data(), looked_at.size());
  return type == nullptr || type == nothing_told ? std::string() : type;
}

}  // namespace postern::io
