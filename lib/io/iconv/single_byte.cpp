#include "lib/io/iconv/single_byte.hpp"

#include <iconv.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "lib/antispam/text/characters.hpp"

namespace postern::io {
namespace {

struct Name {
  std::string_view encode;
  const char* iconv = nullptr;
};

constexpr std::uint32_t none = 0xFFFFFFFF;

constexpr Name names[] = {
    {"ascii", "US-ASCII"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1252", "CP1252"},
    {"cp1253", "CP1253"},
    {"cp1254", "CP1254"},
    {"cp1255", "CP1255"},
    {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},
    {"cp1258", "CP1258"},
    {"cp437", "CP437"},
    {"cp737", "CP737"},
    {"cp775", "CP775"},
    {"cp850", "CP850"},
    {"cp852", "CP852"},
    {"cp855", "CP855"},
    {"cp857", "CP857"},
    {"cp858", "CP858"},
    {"cp860", "CP860"},
    {"cp861", "CP861"},
    {"cp862", "CP862"},
    {"cp863", "CP863"},
    {"cp864", "CP864"},
    {"cp865", "CP865"},
    {"cp866", "CP866"},
    {"cp869", "CP869"},
    {"cp874", "CP874"},
    {"iso-8859-1", "ISO-8859-1"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "ISO-8859-11"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-9", "ISO-8859-9"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"maccentraleurroman", "MAC-CENTRALEUROPE"},
    {"maccyrillic", "MAC-CYRILLIC"},
    {"macroman", "MACINTOSH"},
    {"viscii", "VISCII"},
};

constexpr std::size_t count = std::size(names);

}  // namespace

OneCharacter::OneCharacter(const char* iconv_name)
    : handle_(static_cast<void*>(iconv_open("UTF-32LE", iconv_name))) {}

OneCharacter::~OneCharacter() {
  if (is_open()) iconv_close(static_cast<iconv_t>(handle_));
}

bool OneCharacter::is_open() const {
  return handle_ != iconv_t(-1);  // NOLINT(performance-no-int-to-ptr)
}

std::uint32_t OneCharacter::read(std::string_view bytes) {
  if (!is_open()) return 0;
  const auto handle = static_cast<iconv_t>(handle_);
  std::array<unsigned char, 32> out{};
  char* to = reinterpret_cast<char*>(out.data());
  std::size_t room = out.size();
  iconv(handle, nullptr, nullptr, nullptr, nullptr);
  char* from = const_cast<char*>(bytes.data());  // iconv reads through this pointer only
  std::size_t size = bytes.size();
  const std::size_t status = iconv(handle, &from, &size, &to, &room);
  if (status == static_cast<std::size_t>(-1)) return 0;
  iconv(handle, nullptr, nullptr, &to, &room);
  if (out.size() - room != 4) return 0;
  return out[0] | static_cast<std::uint32_t>(out[1]) << 8 |
         static_cast<std::uint32_t>(out[2]) << 16 | static_cast<std::uint32_t>(out[3]) << 24;
}

SingleByteTable::SingleByteTable(const char* iconv_name) {
  OneCharacter reader(iconv_name);
  is_there_ = reader.is_open();
  for (std::size_t octet = 1; octet < characters_.size(); ++octet) {
    const char byte = static_cast<char>(octet);
    const std::uint32_t character = reader.read({&byte, 1});
    characters_[octet] = character == 0 ? none : character;
  }
}

const SingleByteTable* SingleByteTable::find(std::string_view name) {
  static std::array<std::once_flag, count> once;
  static std::array<std::unique_ptr<const SingleByteTable>, count> tables;
  const auto* const row = std::find_if(std::begin(names), std::end(names),
                                       [name](const Name& each) { return each.encode == name; });
  if (row == std::end(names)) return nullptr;
  const auto index = static_cast<std::size_t>(row - std::begin(names));
  std::call_once(once[index],
                 [&] { tables[index] = std::make_unique<const SingleByteTable>(row->iconv); });
  return tables[index]->is_there_ ? tables[index].get() : nullptr;
}

std::optional<std::string> SingleByteTable::decode(std::string_view bytes,
                                                   OnBadOctet on_bad) const {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  for (const char byte : bytes) {
    const std::uint32_t character = characters_[static_cast<unsigned char>(byte)];
    if (character < 0x80) {
      text += static_cast<char>(character);
      continue;
    }
    if (character != none) {
      antispam::append_utf8(text, character);
    } else if (!append_bad(text, byte, on_bad)) {
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace postern::io
