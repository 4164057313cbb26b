// Whatever stands in main.cf, doveconf's output, or the ledger: edits read back as what was asked
// for, what is put in can be taken out, and nothing else is changed.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/setup/dovecot_config.hpp"
#include "lib/setup/element_list.hpp"
#include "lib/setup/ledger.hpp"
#include "lib/setup/main_cf.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view words[] = {"a", " = ", "\n", "\n ", "#", "{", "}", ",", "$ours", " "};

void check_main_cf(std::string_view text) {
  const std::string with = setup::put_first(text, "a", "$mark");
  require(setup::has_parameter(with, "a"));
  require(setup::has_parameter(setup::put_last(text, "a", "$mark"), "a"));
  const std::string set = setup::set_parameter(text, "a", "v");
  require(setup::set_parameter(set, "a", "v") == set);
  require(!setup::has_parameter(setup::remove_parameter(set, "a"), "a"));
  require(setup::has_parameter(with, "b") == setup::has_parameter(text, "b"));
  require(setup::take_out(with, "a", "$mark").find("$mark, ") == std::string::npos ||
          text.find("$mark") != text.npos);
}

void check_elements(std::string_view text) {
  if (!setup::split_elements(text).is_understood) return;
  const std::string with = setup::with_first(text, "$mark");
  require(setup::has_element(with, "$mark"));
  require(!setup::has_element(setup::without(with, "$mark"), "$mark"));
}

void check(std::string_view text) {
  check_main_cf(text);
  check_elements(text);
  for (const auto& [path, value] : setup::parse_doveconf(text)) {
    require(path.find('\n') == path.npos && value.find('\n') == value.npos);
  }
  const auto ledger = setup::parse_ledger(text);
  if (ledger) require(setup::parse_ledger(setup::format(*ledger)) == *ledger);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check(text);
  check(fuzz::in_words(text, words));
  return 0;
}
