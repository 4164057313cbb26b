#include "lib/io/pcre2/character_tables.hpp"

#include <locale.h>

#define PCRE2_CODE_UNIT_WIDTH 0
#include <pcre2.h>

#include <cstddef>

namespace postern::io {
namespace {

// pcre2_maketables() asks the locale of the thread; whatever the program has chosen, these are for
// "C".
class PlainLocale {
 public:
  PlainLocale() : plain_(newlocale(LC_ALL_MASK, "C", nullptr)), before_(uselocale(plain_)) {}
  ~PlainLocale() {
    uselocale(before_);
    freelocale(plain_);
  }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  locale_t plain_;
  locale_t before_;
};

// Of pcre2's tables the first 256 octets are what each character is in lower case, the next 256
// what it is in the other one; classes follow.
constexpr std::size_t lower_case = 0;
constexpr std::size_t other_case = 256;
constexpr unsigned case_distance = 0x20;

// À to Þ and à to þ, without × and ÷.
void fold_latin1(std::vector<std::uint8_t>& tables) {
  for (unsigned upper = 0xC0; upper <= 0xDE; ++upper) {
    if (upper == 0xD7) continue;
    const unsigned lower = upper + case_distance;
    tables[lower_case + upper] = static_cast<std::uint8_t>(lower);
    tables[other_case + upper] = static_cast<std::uint8_t>(lower);
    tables[other_case + lower] = static_cast<std::uint8_t>(upper);
  }
}

std::vector<std::uint8_t> make_tables() {
  const PlainLocale locale;
  std::uint32_t length = 0;
  pcre2_config_8(PCRE2_CONFIG_TABLES_LENGTH, &length);
  const std::uint8_t* const made = pcre2_maketables_8(nullptr);
  if (made == nullptr || length < other_case + 256) return {};
  std::vector<std::uint8_t> tables(made, made + length);
  pcre2_maketables_free_8(nullptr, made);
  fold_latin1(tables);
  return tables;
}

}  // namespace

const std::vector<std::uint8_t>& perl_character_tables() {
  static const std::vector<std::uint8_t> tables = make_tables();
  return tables;
}

}  // namespace postern::io
