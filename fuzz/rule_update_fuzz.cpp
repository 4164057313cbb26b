// Archives, lists of mirrors, digests, and keys of an update of rules.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/channel.hpp"
#include "lib/antispam/update/history.hpp"
#include "lib/antispam/update/signature.hpp"

using namespace postern;
using fuzz::require;

namespace {

// The packed octets themselves: what zlib does is not the subject.
archive::Inflated copy(std::string_view packed, std::size_t max_size) {
  constexpr std::size_t trailer = 8;
  archive::Inflated result;
  result.consumed = packed.size() < trailer ? packed.size() : packed.size() - trailer;
  result.content = packed.substr(0, std::min(result.consumed, max_size));
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto files = antispam::read_update_archive(text, copy)) {
    std::set<std::string> names;
    for (const auto& file : *files) {
      require(file.name.find('/') == file.name.npos && file.name[0] != '.');
      require(names.insert(file.name).second);
    }
  }
  for (const antispam::Mirror& mirror : antispam::parse_mirrors(text)) {
    require(mirror.url.starts_with("https://"));
  }
  const std::string rules = antispam::without_code(text);
  require(rules.size() >= size || text.find("@@") != text.npos);
  require(antispam::parse_digest(text, 64).value_or(std::string(64, 'a')).size() == 64);
  if (const auto history = antispam::parse_history(text)) {
    require(antispam::parse_history(antispam::format_history(*history)) == *history);
  }
  static_cast<void>(antispam::dearmor_keys(text));
  static_cast<void>(antispam::read_signature_status(text));
  static_cast<void>(antispam::version_of_index(text));
  return 0;
}
