#include "lib/attachments/content.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/archive/octets.hpp"
#include "lib/base/ascii.hpp"

namespace postern::attachments {
namespace {

constexpr std::size_t dos_header_size = 64;

bool is_any(std::string_view head, std::initializer_list<std::string_view> signatures) {
  return std::any_of(signatures.begin(), signatures.end(),
                     [&](std::string_view signature) { return head.starts_with(signature); });
}

// The header of a program has zeros; a text that begins with "MZ" has none.
bool is_dos(std::string_view head) {
  return is_any(head, {"MZ", "ZM"}) && head.size() >= dos_header_size &&
         head.substr(0, dos_header_size).find('\0') != head.npos;
}

bool is_portable_executable(std::string_view head) {
  constexpr std::size_t at = 60;  // where the offset of the new header stands
  constexpr std::string_view signature("PE\0\0", 4);
  return archive::slice(head, archive::u32(head, at), signature.size()) == signature;
}

// Both begin with 0xCAFEBABE: of a class the version follows (45 and more), of a program for
// several processors their number.
std::string_view java_or_mach(std::string_view head) {
  constexpr std::size_t version_at = 7;
  constexpr unsigned first_version = 45;
  if (head.size() <= version_at) return {};
  return static_cast<unsigned char>(head[version_at]) >= first_version ? "java" : "mach-o";
}

bool is_script(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  if (ascii::starts_with_ignoring_case(ascii::trim(head), "@echo off")) return true;
  if (!head.starts_with("#!")) return false;
  return ascii::trim(head.substr(2)).starts_with('/');
}

bool is_html_application(std::string_view head) {
  return ascii::to_lower(head).find("<hta:application") != std::string::npos;
}

struct Row {
  std::string_view word;
  Family family;
};

struct Pair {
  std::string_view key;
  std::string_view value;
};

constexpr Pair unread[] = {
    {"Rar!\x1a\x07", "rar"},
    {"7z\xbc\xaf\x27\x1c", "7z"},
    {std::string_view("MSCF\0\0\0\0", 8), "cab"},
    {"\xfd"
     "7zXZ",
     "xz"},
    {"\x28\xb5\x2f\xfd", "zstd"},
    {"LZIP", "lzip"},
    {"\x1f\x9d", "compress"},
};

// Types of programs. Types of scripts are given to sources, too, but name what will run.
constexpr Pair types_that_run[] = {
    {"application/hta", "hta"},
    {"application/java-archive", "jar"},
    {"application/javascript", "js"},
    {"application/vnd.android.package-archive", "apk"},
    {"application/vnd.microsoft.portable-executable", "exe"},
    {"application/x-dosexec", "exe"},
    {"application/x-java-jnlp-file", "jnlp"},
    {"application/x-javascript", "js"},
    {"application/x-ms-installer", "msi"},
    {"application/x-ms-shortcut", "lnk"},
    {"application/x-msdos-program", "exe"},
    {"application/x-msdownload", "exe"},
    {"text/javascript", "js"},
    {"text/vbscript", "vbs"},
};

constexpr Row types[] = {
    {"application/pdf", Family::pdf},
    {"application/postscript", Family::text},
    {"application/msword", Family::office},
    {"application/rtf", Family::office},
    {"text/rtf", Family::office},
    {"application/zip", Family::archive},
    {"application/x-zip-compressed", Family::archive},
    {"application/gzip", Family::archive},
    {"application/x-gzip", Family::archive},
    {"application/x-tar", Family::archive},
    {"application/x-bzip2", Family::archive},
    {"application/x-xz", Family::archive},
    {"application/zstd", Family::archive},
    {"application/x-rar", Family::archive},
    {"application/x-rar-compressed", Family::archive},
    {"application/vnd.rar", Family::archive},
    {"application/x-7z-compressed", Family::archive},
    {"application/vnd.ms-cab-compressed", Family::archive},
    {"application/x-ace-compressed", Family::archive},
    {"application/x-arj", Family::archive},
    {"application/x-lzh-compressed", Family::archive},
    {"application/x-iso9660-image", Family::archive},
    {"application/x-dosexec", Family::program},
    {"application/vnd.microsoft.portable-executable", Family::program},
    {"application/x-executable", Family::program},
    {"application/x-pie-executable", Family::program},
    {"application/x-sharedlib", Family::program},
    {"application/x-mach-binary", Family::program},
    {"application/x-ms-shortcut", Family::program},
    {"application/x-java-applet", Family::program},
    {"application/x-msi", Family::program},
};

constexpr Row extensions[] = {
    {"pdf", Family::pdf},     {"doc", Family::office},  {"docx", Family::office},
    {"docm", Family::office}, {"dot", Family::office},  {"dotx", Family::office},
    {"xls", Family::office},  {"xlsx", Family::office}, {"xlsm", Family::office},
    {"xlsb", Family::office}, {"ppt", Family::office},  {"pptx", Family::office},
    {"pps", Family::office},  {"ppsx", Family::office}, {"rtf", Family::office},
    {"odt", Family::office},  {"ods", Family::office},  {"odp", Family::office},
    {"txt", Family::text},    {"csv", Family::text},    {"log", Family::text},
    {"md", Family::text},     {"xml", Family::text},    {"html", Family::text},
    {"htm", Family::text},    {"eml", Family::text},    {"ics", Family::text},
    {"vcf", Family::text},    {"jpg", Family::image},   {"jpeg", Family::image},
    {"png", Family::image},   {"gif", Family::image},   {"bmp", Family::image},
    {"tif", Family::image},   {"tiff", Family::image},  {"webp", Family::image},
    {"heic", Family::image},  {"ico", Family::image},   {"mp3", Family::media},
    {"wav", Family::media},   {"ogg", Family::media},   {"m4a", Family::media},
    {"mp4", Family::media},   {"avi", Family::media},   {"mov", Family::media},
    {"mpg", Family::media},   {"mpeg", Family::media},  {"wmv", Family::media},
    {"zip", Family::archive}, {"rar", Family::archive}, {"7z", Family::archive},
    {"gz", Family::archive},  {"tgz", Family::archive}, {"bz2", Family::archive},
    {"xz", Family::archive},  {"tar", Family::archive}, {"cab", Family::archive},
};

// These have little at their beginning that no text has.
std::string_view weakly_signed_archive(std::string_view head) {
  constexpr std::size_t bzip2_at = 4;
  constexpr std::size_t ace_at = 7;
  constexpr std::size_t lha_at = 2;
  constexpr std::size_t lha_size = 7;
  constexpr std::uint32_t max_arj_header = 2'600;
  const auto has = [&](std::size_t at, std::string_view text) {
    return archive::slice(head, at, text.size()) == text;
  };
  if (has(0, "BZh") && has(bzip2_at, "1AY&SY")) return "bzip2";
  if (has(ace_at, "**ACE**")) return "ace";
  if (has(lha_at, "-lh") && head.size() >= lha_size && head[lha_size - 1] == '-') return "lha";
  const std::uint32_t arj_header = archive::u16(head, 2);
  return has(0, "\x60\xea") && arj_header > 0 && arj_header <= max_arj_header ? "arj" : "";
}

}  // namespace

std::string_view program_kind(std::string_view head) {
  constexpr std::string_view shortcut("L\0\0\0\x01\x14\x02\0", 8);
  if (is_dos(head)) return is_portable_executable(head) ? "pe" : "dos";
  if (head.starts_with("\x7f"
                       "ELF"))
    return "elf";
  if (is_any(head,
             {"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe"})) {
    return "mach-o";
  }
  if (head.starts_with("\xca\xfe\xba\xbe")) return java_or_mach(head);
  if (head.starts_with("dex\n")) return "dex";
  if (head.starts_with(shortcut)) return "shortcut";
  if (is_script(head)) return "script";
  return is_html_application(head) ? "hta" : std::string_view();
}

bool is_component(std::string_view program, std::string_view extension) {
  constexpr Pair components[] = {
      {"elf", "a"},        {"elf", "ko"},   {"elf", "o"},     {"elf", "so"},     {"mach-o", "a"},
      {"mach-o", "dylib"}, {"mach-o", "o"}, {"mach-o", "so"}, {"java", "class"},
  };
  return std::any_of(std::begin(components), std::end(components),
                     [&](const Pair& row) { return row.key == program && row.value == extension; });
}

std::string_view unread_archive(std::string_view head) {
  for (const Pair& row : unread) {
    if (head.starts_with(row.key)) return row.value;
  }
  return weakly_signed_archive(head);
}

bool is_html(std::string_view head) {
  constexpr std::size_t looked_at = 1'024;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  const std::string_view text = ascii::trim(head.substr(0, looked_at));
  constexpr std::string_view beginnings[] = {"<!doctype html", "<html", "<head", "<script"};
  return std::any_of(std::begin(beginnings), std::end(beginnings), [&](std::string_view beginning) {
    return ascii::starts_with_ignoring_case(text, beginning);
  });
}

std::string_view to_word(Family family) {
  switch (family) {
    case Family::unknown: return "unknown";
    case Family::text: return "text";
    case Family::image: return "image";
    case Family::media: return "media";
    case Family::pdf: return "pdf";
    case Family::office: return "office";
    case Family::archive: return "archive";
    case Family::program: return "program";
  }
  return "?";
}

Family family_of_type(std::string_view media_type) {
  for (const Row& row : types) {
    if (row.word == media_type) return row.family;
  }
  if (media_type == "image/svg+xml" || media_type.starts_with("text/")) return Family::text;
  if (media_type.starts_with("image/")) return Family::image;
  if (media_type.starts_with("audio/") || media_type.starts_with("video/")) return Family::media;
  constexpr std::string_view office[] = {"application/vnd.openxmlformats-officedocument",
                                         "application/vnd.oasis.opendocument",
                                         "application/vnd.ms-"};
  const bool is_office = std::any_of(std::begin(office), std::end(office),
                                     [&](auto start) { return media_type.starts_with(start); });
  return is_office ? Family::office : Family::unknown;
}

Family family_of_extension(std::string_view extension) {
  for (const Row& row : extensions) {
    if (row.word == extension) return row.family;
  }
  return Family::unknown;
}

std::string_view extension_of_type(std::string_view media_type) {
  for (const Pair& row : types_that_run) {
    if (row.key == media_type) return row.value;
  }
  return {};
}

}  // namespace postern::attachments
