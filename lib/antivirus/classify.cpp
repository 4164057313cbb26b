#include "lib/antivirus/classify.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "lib/base/ascii.hpp"

namespace postern::antivirus {
namespace {

struct Heuristic {
  std::string_view prefix;
  Result result;
};
// What these match is no malice. All other heuristics of libclamav are.
constexpr std::array<Heuristic, 3> heuristics = {
    {{"Heuristics.Limits.Exceeded", Result::unscannable},
     {"Heuristics.Encrypted.", Result::encrypted},
     {"Heuristics.OLE2.ContainsMacros", Result::macro}}};
constexpr std::string_view over_size = "over the size limit of the scanner";

// What no object brings about by itself: a full disk, a missing directory, permissions.
constexpr std::array<std::string_view, 6> of_the_host = {
    "create", "write to", "open file or directory", "access", "permission", "no space"};

}  // namespace

Outcome classify_match(std::string_view name) {
  if (name.empty()) return {Result::unscannable, std::string(over_size)};
  const auto* const found =
      std::find_if(heuristics.begin(), heuristics.end(),
                   [&](const Heuristic& heuristic) { return name.starts_with(heuristic.prefix); });
  return {found == heuristics.end() ? Result::infected : found->result, printable_name(name)};
}

Outcome classify_error(std::string_view why) {
  if (why.empty()) why = "the scanner gave no reason";
  const std::string words = ascii::to_lower(why);
  const bool is_host = std::any_of(of_the_host.begin(), of_the_host.end(),
                                   [&](auto part) { return words.find(part) != words.npos; });
  return {is_host ? Result::temperror : Result::unscannable, printable_name(why)};
}

}  // namespace postern::antivirus
