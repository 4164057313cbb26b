// Any octets as an archive: every entry lies inside it, names are UTF-8, and budgets hold.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/archive/gzip.hpp"
#include "lib/archive/tar.hpp"
#include "lib/archive/walk.hpp"
#include "lib/archive/zip.hpp"
#include "lib/mail/utf8.hpp"

using namespace postern;
using fuzz::require;

namespace {

// "Packed" octets are the octets themselves, up to an octet that says how they end.
archive::Inflated toy_inflate(std::string_view packed, std::size_t max_size) {
  using End = archive::Inflated::End;
  archive::Inflated result;
  const std::size_t end = std::min(packed.find('\xff'), packed.size());
  result.content = std::string(packed.substr(0, std::min(end, max_size)));
  result.consumed = std::min(end + 1, packed.size());
  result.end = result.content.size() < end ? End::full : End::whole;
  if (end == packed.size() && result.end == End::whole) result.end = End::truncated;
  return result;
}

void check_directory(const archive::Directory& directory, std::string_view text,
                     std::size_t max_entries) {
  require(directory.entries.size() <= max_entries);
  for (const archive::Entry& entry : directory.entries) {
    require(entry.data.empty() || fuzz::is_inside(entry.data, text));
    for (const std::string& name : entry.names) {
      require(!name.empty() && name.size() <= 3 * archive::max_name_size && mail::is_utf8(name));
    }
  }
}

void check_walk(std::string_view text) {
  const archive::Options options{toy_inflate, 3};
  archive::Budget budget{100, 100'000};
  std::size_t visited = 0;
  const archive::Walk walk =
      archive::walk(text, {"a.tgz"}, options, budget, [&](const archive::Item& item) {
        ++visited;
        require(item.depth >= 1 && item.depth <= options.depth);
        require(item.head.size() <= archive::head_size);
        require(!item.entry.is_encrypted || item.head.empty());
      });
  require(visited <= 100 && visited + budget.entries == 100);
  (void)walk.defects.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  for (const std::size_t max_entries : {std::size_t{0}, std::size_t{3}, std::size_t{1'000}}) {
    check_directory(archive::read_zip(text, max_entries), text, max_entries);
    check_directory(archive::read_tar(text, max_entries), text, max_entries);
  }
  if (const auto header = archive::read_gzip_header(text)) require(header->size <= text.size());
  check_walk(text);
  return 0;
}
