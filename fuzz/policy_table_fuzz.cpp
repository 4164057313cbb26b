// Table files of rules: errors name a line that is there; what is read holds what its entries say,
// in whatever order they stand.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/policy/match_table.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check(const std::string& text) {
  const std::vector<std::string> lines = fuzz::split_lines(text);
  const auto table = policy::parse_table(text);
  if (!table) {
    require(table.error().line >= 1 && table.error().line <= lines.size());
    require(!table.error().problem.empty());
    return;
  }
  require(table->size() <= lines.size());
  (void)table->holds_domain(text);
  (void)table->holds_address(text);

  // Each name entry alone and plainly said is found, unless another one takes it out.
  const bool has_exceptions = text.find('!') != text.npos;
  std::string reversed;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) reversed += *line + "\n";
  const auto back = policy::parse_table(reversed);
  require(back.has_value() && back->size() == table->size());
  for (const std::string& line : lines) {
    const std::string_view entry = ascii::trim(std::string_view(line).substr(0, line.find('#')));
    if (entry.empty() || has_exceptions) continue;
    require(table->holds_address(entry) == back->holds_address(entry));
    const auto network = parse_ip_network(entry);
    if (network) require(table->holds_client(network->address));
    const bool is_address =
        entry.find('@') != entry.npos && !entry.ends_with('@') && !entry.ends_with('.');
    if (is_address) require(table->holds_address(entry));
    if (entry.ends_with('@')) require(table->holds_address(std::string(entry) + "any.example"));
  }
}

constexpr std::string_view words[] = {"\n",
                                      "!",
                                      "192.0.2.0/24",
                                      "192.0.2.1",
                                      "2001:db8::/32",
                                      "a",
                                      "@",
                                      ".",
                                      "example",
                                      "org",
                                      "#",
                                      " ",
                                      "<>",
                                      "/",
                                      "::",
                                      "/8",
                                      "10.0.0.0",
                                      "\r\n",
                                      "\t",
                                      "\x80",
                                      "a@b.c\n",
                                      "\n.example.org\n",
                                      "\nexample.org\n"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size).substr(0, 4096);
  check(std::string(input));
  check(fuzz::in_letters(input, "a.@\n!#/:1 "));
  check(fuzz::in_words(input, words));
  return 0;
}
