#include "lib/io/iconv/resident_charsets.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>

namespace postern::io {
namespace {

constexpr std::array charsets = {
    "UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",       "UTF-32LE",     "UTF-32BE",
    "UTF-7",        "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",
    "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",
    "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252",
    "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
    "KOI8-R",       "KOI8-U",       "CP437",        "CP850",        "CP866",        "MACINTOSH",
    "TIS-620",      "SHIFT_JIS",    "CP932",        "EUC-JP",       "ISO-2022-JP",  "EUC-KR",
    "CP949",        "ISO-2022-KR",  "GB2312",       "GBK",          "GB18030",      "BIG5",
    "UCS-2",        "UCS-4"};

}  // namespace

void keep_charsets() {
  // A conversion that stays open keeps its code loaded; nothing else is known to do so.
  static std::array<iconv_t, charsets.size()> kept;
  std::transform(charsets.begin(), charsets.end(), kept.begin(),
                 [](const char* charset) { return ::iconv_open("UTF-8", charset); });
}

}  // namespace postern::io
