#include "lib/io/iconv/charset_table.hpp"

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

struct Row {
  std::string_view name;  // lower case, as in mail
  KnownCharset charset;
};

// IANA names and the aliases that mail uses. Where a name stands for less than mail puts under it,
// the larger set is taken, as browsers do (WHATWG Encoding §4.2): ISO-8859-9 is windows-1254,
// GB2312 is GB18030, EUC-KR is UHC, Shift_JIS is CP932. Left out on purpose: ISO-2022-CN-EXT,
// ISO-2022-JP-3, IBM and EBCDIC tables, whose converters had security holes and no mail.
constexpr Row rows[] = {
    {"iso-8859-2", {"ISO-8859-2"}},
    {"iso-8859-3", {"ISO-8859-3"}},
    {"iso-8859-4", {"ISO-8859-4"}},
    {"iso-8859-5", {"ISO-8859-5"}},
    {"iso-8859-6", {"ISO-8859-6"}},
    {"iso-8859-7", {"ISO-8859-7"}},
    {"iso-8859-8", {"ISO-8859-8"}},
    {"iso-8859-8-i", {"ISO-8859-8"}},
    {"iso-8859-9", {"CP1254"}},
    {"iso-8859-10", {"ISO-8859-10"}},
    {"iso-8859-11", {"CP874"}},
    {"iso-8859-13", {"ISO-8859-13"}},
    {"iso-8859-14", {"ISO-8859-14"}},
    {"iso-8859-15", {"ISO-8859-15"}},
    {"iso-8859-16", {"ISO-8859-16"}},
    {"latin2", {"ISO-8859-2"}},
    {"latin-9", {"ISO-8859-15"}},
    {"windows-1250", {"CP1250"}},
    {"cp1250", {"CP1250"}},
    {"windows-1251", {"CP1251"}},
    {"cp1251", {"CP1251"}},
    {"windows-1253", {"CP1253"}},
    {"windows-1254", {"CP1254"}},
    {"windows-1255", {"CP1255"}},
    {"windows-1256", {"CP1256"}},
    {"windows-1257", {"CP1257"}},
    {"windows-1258", {"CP1258"}},
    {"windows-874", {"CP874"}},
    {"tis-620", {"CP874"}},
    {"koi8-r", {"KOI8-R"}},
    {"koi8-u", {"KOI8-U"}},
    {"ibm437", {"CP437"}},
    {"cp437", {"CP437"}},
    {"ibm850", {"CP850"}},
    {"cp850", {"CP850"}},
    {"ibm852", {"CP852"}},
    {"cp852", {"CP852"}},
    {"ibm866", {"CP866"}},
    {"cp866", {"CP866"}},
    {"macintosh", {"MACINTOSH"}},
    {"x-mac-roman", {"MACINTOSH"}},
    {"gb2312", {"GB18030"}},
    {"gbk", {"GB18030"}},
    {"gb18030", {"GB18030"}},
    {"cp936", {"GB18030"}},
    {"big5", {"BIG5-HKSCS"}},
    {"big5-hkscs", {"BIG5-HKSCS"}},
    {"cp950", {"CP950"}},
    {"euc-tw", {"EUC-TW"}},
    {"euc-jp", {"EUC-JP"}},
    {"iso-2022-jp", {"ISO-2022-JP-2"}},
    {"iso-2022-jp-1", {"ISO-2022-JP-2"}},
    {"iso-2022-jp-2", {"ISO-2022-JP-2"}},
    {"shift_jis", {"CP932"}},
    {"shift-jis", {"CP932"}},
    {"sjis", {"CP932"}},
    {"x-sjis", {"CP932"}},
    {"cp932", {"CP932"}},
    {"windows-31j", {"CP932"}},
    {"euc-kr", {"UHC"}},
    {"ks_c_5601-1987", {"UHC"}},
    {"ksc5601", {"UHC"}},
    {"cp949", {"UHC"}},
    {"windows-949", {"UHC"}},
    {"iso-2022-kr", {"ISO-2022-KR"}},
    {"utf-7", {"UTF-7"}},
    {"unicode-1-1-utf-7", {"UTF-7"}},
    {"utf-16", {"UTF-16", 2}},
    {"utf-16le", {"UTF-16LE", 2}},
    {"utf-16be", {"UTF-16BE", 2}},
    {"utf-32", {"UTF-32", 4}},
    {"utf-32le", {"UTF-32LE", 4}},
    {"utf-32be", {"UTF-32BE", 4}},
};

}  // namespace

std::optional<KnownCharset> find_charset(std::string_view name) {
  for (const Row& row : rows) {
    if (ascii::equals_ignoring_case(row.name, name)) return row.charset;
  }
  return std::nullopt;
}

}  // namespace postern::io
