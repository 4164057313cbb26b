// Tests of what can be walked through, and of what stops a walk.
#include "lib/io/libarchive/archive_walk.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/io/handle.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Writer = CHandle<archive, archive_write_free>;
using Entries = std::vector<std::pair<std::string, std::string>>;
using Choose = int (*)(archive*);

constexpr ArchiveLimits limits{1024UL * 1024, 1024UL * 1024, 100, std::chrono::seconds(10)};

std::string make(Choose format, Choose filter, const Entries& entries,
                 const char* options = nullptr) {
  const Writer writer(archive_write_new());
  std::string octets(4UL * 1024 * 1024, '\0');
  std::size_t used = 0;
  REQUIRE(format(writer.get()) == ARCHIVE_OK);
  if (filter != nullptr) REQUIRE(filter(writer.get()) == ARCHIVE_OK);
  if (options != nullptr) REQUIRE(archive_write_set_options(writer.get(), options) == ARCHIVE_OK);
  REQUIRE(archive_write_open_memory(writer.get(), octets.data(), octets.size(), &used) ==
          ARCHIVE_OK);
  for (const auto& [name, content] : entries) {
    const CHandle<archive_entry, archive_entry_free> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    REQUIRE(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer.get(), content.data(), content.size()) ==
            static_cast<la_ssize_t>(content.size()));
  }
  REQUIRE(archive_write_close(writer.get()) == ARCHIVE_OK);
  octets.resize(used);
  return octets;
}

std::string zip(const Entries& entries, const char* options = nullptr) {
  return make(&archive_write_set_format_zip, nullptr, entries, options);
}

// Octets that do not get smaller when packed.
std::string noise(std::size_t size) {
  std::string octets;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    octets += static_cast<char>(state >> 24);
  }
  return octets;
}

ArchiveState walk(std::string_view octets, const ArchiveLimits& within = limits) {
  const auto kind = find_archive_kind(octets);
  REQUIRE(kind);
  return walk_archive(octets, *kind, within, [](std::string_view, bool) { return true; });
}

struct Form {
  ArchiveKind kind;
  Choose format;
  Choose filter;
};
const std::vector<Form> forms = {
    {ArchiveKind::zip, &archive_write_set_format_zip, nullptr},
    {ArchiveKind::seven_zip, &archive_write_set_format_7zip, nullptr},
    {ArchiveKind::tar, &archive_write_set_format_pax_restricted, nullptr},
    {ArchiveKind::cpio, &archive_write_set_format_cpio_newc, nullptr},
    {ArchiveKind::iso9660, &archive_write_set_format_iso9660, nullptr},
    {ArchiveKind::gzip, &archive_write_set_format_pax_restricted, &archive_write_add_filter_gzip},
    {ArchiveKind::bzip2, &archive_write_set_format_pax_restricted, &archive_write_add_filter_bzip2},
    {ArchiveKind::xz, &archive_write_set_format_pax_restricted, &archive_write_add_filter_xz},
    {ArchiveKind::lzip, &archive_write_set_format_pax_restricted, &archive_write_add_filter_lzip},
    {ArchiveKind::zstd, &archive_write_set_format_pax_restricted, &archive_write_add_filter_zstd},
    {ArchiveKind::lz4, &archive_write_set_format_pax_restricted, &archive_write_add_filter_lz4},
    {ArchiveKind::compress, &archive_write_set_format_pax_restricted,
     &archive_write_add_filter_compress},
    {ArchiveKind::gzip, &archive_write_set_format_raw, &archive_write_add_filter_gzip}};

}  // namespace

TEST_CASE("walk_archive: each kind is known by its octets and walked through", "[libarchive]") {
  for (const Form& form : forms) {
    const std::string octets = make(form.format, form.filter, {{"a", noise(5000)}});
    CAPTURE(name_of(form.kind));
    CHECK(find_archive_kind(octets) == form.kind);
    CHECK(walk(octets) == ArchiveState::whole);
  }
}

TEST_CASE("walk_archive: one that ends too early is damaged", "[libarchive][security]") {
  for (const Form& form : forms) {
    const std::string octets = make(form.format, form.filter, {{"a", noise(60'000)}});
    CAPTURE(name_of(form.kind));
    CHECK(walk(octets.substr(0, 50'000)) == ArchiveState::damaged);
  }
}

TEST_CASE("walk_archive: any end and any octet is survived", "[libarchive][security]") {
  for (const Form& form : forms) {
    const std::string octets = make(form.format, form.filter, {{"a", noise(300)}});
    CAPTURE(name_of(form.kind));
    for (std::size_t i = 1; i < octets.size(); i += 1 + octets.size() / 200) {
      std::string changed = octets;
      changed[i] = static_cast<char>(~static_cast<unsigned char>(changed[i]));
      for (const std::string& text : {octets.substr(0, i), changed}) {
        const auto kind = find_archive_kind(text);
        if (!kind) continue;
        std::size_t taken = 0;
        static_cast<void>(walk_archive(text, *kind, limits, [&](std::string_view content, bool) {
          taken += content.size();
          return true;
        }));
        REQUIRE(taken <= limits.octets);
      }
    }
  }
}

TEST_CASE("walk_archive: what is packed wrongly is damaged", "[libarchive][security]") {
  std::string octets = zip({{"a", noise(5000)}});
  octets[2000] = static_cast<char>(octets[2000] + 1);
  CHECK(walk(octets) == ArchiveState::damaged);
}

TEST_CASE("walk_archive: a RAR archive without entries is damaged", "[libarchive][security]") {
  using namespace std::string_view_literals;
  CHECK(walk("Rar!\x1a\x07\x01\0"sv) == ArchiveState::damaged);
  CHECK(walk("Rar!\x1a\x07\0"sv) == ArchiveState::damaged);
  CHECK(walk("Rar!\x1a\x07\x01\0garbage and more of it"sv) == ArchiveState::damaged);
}

TEST_CASE("walk_archive: limits end a walk", "[libarchive][security]") {
  const std::string bomb = zip({{"a", std::string(2UL * 1024 * 1024, '\0')}});
  CHECK(walk(bomb) == ArchiveState::over_limit);
  Entries many(101, {"a", "x"});
  CHECK(walk(zip(many)) == ArchiveState::over_limit);
  many.pop_back();
  CHECK(walk(zip(many)) == ArchiveState::whole);
  ArchiveLimits late = limits;
  late.time = std::chrono::milliseconds(-1);
  CHECK(walk(zip(many), late) == ArchiveState::over_limit);
}

TEST_CASE("walk_archive: content that libclamav does not unpack is handed out", "[libarchive]") {
  std::vector<std::string> taken;
  const auto take = [&](std::string_view content, bool is_foreign) {
    if (!is_foreign) return true;
    taken.emplace_back(content);
    return taken.size() < 2;
  };
  const auto walk_and_take = [&](const std::string& octets) {
    return walk_archive(octets, *find_archive_kind(octets), limits, take);
  };
  const Entries entries = {{"a", "one"}, {"b", "two"}, {"c", "three"}};
  CHECK(walk_and_take(zip(entries)) == ArchiveState::whole);
  CHECK(taken.empty());
  CHECK(walk_and_take(make(&archive_write_set_format_7zip, nullptr, entries)) ==
        ArchiveState::stopped);
  CHECK(taken == std::vector<std::string>{"one", "two"});
}

TEST_CASE("walk_archive: encrypted entries are told", "[libarchive]") {
  // A stored entry of "text" with the flag of traditional encryption.
  using namespace std::string_view_literals;
  const std::string plain = zip({{"a", "text"}}, "compression=store");
  std::string octets = plain;
  octets[6] = static_cast<char>(octets[6] | 1);
  const std::size_t central = octets.find("PK\x01\x02"sv);
  REQUIRE(central != octets.npos);
  octets[central + 8] = static_cast<char>(octets[central + 8] | 1);
  CHECK(walk(plain) == ArchiveState::whole);
  CHECK(walk(octets) == ArchiveState::encrypted);
}

TEST_CASE("walk_archive: harmless oddities are whole", "[libarchive]") {
  const std::string gzip =
      make(&archive_write_set_format_raw, &archive_write_add_filter_gzip, {{"a", "text"}});
  CHECK(walk(gzip + "garbage") == ArchiveState::whole);
  CHECK(walk(zip({})) == ArchiveState::whole);
  CHECK(walk(zip({{"a", "text"}}) + std::string(64, '\0')) == ArchiveState::whole);
}

TEST_CASE("find_archive_kind: other files are none", "[libarchive]") {
  for (const std::string_view octets :
       {std::string_view(), std::string_view("PK"), std::string_view("text"),
        std::string_view("%PDF-1.4"), std::string_view("ab-lhx"), std::string_view("ab-lh5+"),
        std::string_view("xxxx1AY&SY")}) {
    CHECK_FALSE(find_archive_kind(octets));
  }
}

}  // namespace postern::io
