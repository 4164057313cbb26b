#include "lib/io/libarchive/archive_kind.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/archive/zip.hpp"

namespace postern::io {
namespace {

using namespace std::string_view_literals;

struct Magic {
  ArchiveKind kind;
  std::string_view octets;
  std::size_t offset = 0;
};
constexpr std::array<Magic, 19> magics = {{
    {ArchiveKind::zip, "PK\x03\x04"sv},
    {ArchiveKind::zip, "PK\x05\x06"sv},  // of an empty one
    {ArchiveKind::seven_zip, "7z\xbc\xaf\x27\x1c"sv},
    {ArchiveKind::rar, "Rar!\x1a\x07\0"sv},
    {ArchiveKind::rar, "Rar!\x1a\x07\x01\0"sv},
    {ArchiveKind::cab, "MSCF\0\0\0\0"sv},
    {ArchiveKind::lha, "-lh"sv, 2},
    {ArchiveKind::lha, "-lz"sv, 2},
    {ArchiveKind::tar, "ustar"sv, 257},
    {ArchiveKind::cpio, "070701"sv},
    {ArchiveKind::cpio, "070707"sv},
    {ArchiveKind::iso9660,
     "\x01"
     "CD001"sv,
     32768},
    {ArchiveKind::gzip, "\x1f\x8b\x08"sv},
    {ArchiveKind::bzip2, "1AY&SY"sv, 4},
    {ArchiveKind::xz,
     "\xfd"
     "7zXZ\0"sv},
    {ArchiveKind::lzip, "LZIP\x01"sv},
    {ArchiveKind::zstd, "\x28\xb5\x2f\xfd"sv},
    {ArchiveKind::lz4, "\x04\x22\x4d\x18"sv},
    {ArchiveKind::compress, "\x1f\x9d"sv},
}};

// The header of LHA has a hyphen after the method, too.
bool is_confirmed(ArchiveKind kind, std::string_view octets) {
  if (kind == ArchiveKind::lha) return octets.size() > 6 && octets[6] == '-';
  return kind != ArchiveKind::bzip2 || octets.starts_with("BZh");
}

}  // namespace

std::optional<ArchiveKind> find_archive_kind(std::string_view octets) {
  const auto* const found = std::find_if(magics.begin(), magics.end(), [&](const Magic& magic) {
    return octets.size() >= magic.offset && octets.substr(magic.offset).starts_with(magic.octets) &&
           is_confirmed(magic.kind, octets);
  });
  if (found != magics.end()) return found->kind;
  // Programs that unpack it look for its end; anything may stand before it.
  return archive::is_zip(octets) ? std::optional(ArchiveKind::zip) : std::nullopt;
}

std::string_view name_of(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::zip: return "zip";
    case ArchiveKind::seven_zip: return "7z";
    case ArchiveKind::rar: return "RAR";
    case ArchiveKind::cab: return "cab";
    case ArchiveKind::lha: return "LHA";
    case ArchiveKind::tar: return "tar";
    case ArchiveKind::cpio: return "cpio";
    case ArchiveKind::iso9660: return "ISO 9660";
    case ArchiveKind::gzip: return "gzip";
    case ArchiveKind::bzip2: return "bzip2";
    case ArchiveKind::xz: return "xz";
    case ArchiveKind::lzip: return "lzip";
    case ArchiveKind::zstd: return "zstd";
    case ArchiveKind::lz4: return "lz4";
    case ArchiveKind::compress: return "compress";
  }
  return "";
}

}  // namespace postern::io
