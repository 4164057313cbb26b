#include "lib/dkim/signing_policy.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::dkim {
namespace {

template <std::size_t N>
void append(std::vector<std::string>& names, const std::array<std::string_view, N>& more) {
  for (const std::string_view name : more) names.emplace_back(name);
}

// What both policies have; the list fields are missing.
SigningPolicy common_policy() {
  SigningPolicy policy;
  append(policy.oversigned_names, content_names);
  append(policy.signed_names, addable_names);
  policy.oversigned_if_present.emplace_back("sender");
  return policy;
}

}  // namespace

bool is_signable_name(std::string_view name) {
  const bool is_ftext = std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_printable(c) && c != ' ' && c != ':' && c != ';';
  });
  return is_ftext && !name.empty() && name.size() <= max_signed_name_size &&
         !ascii::equals_ignoring_case(name, "DKIM-Signature");
}

SigningPolicy default_signing_policy() {
  SigningPolicy policy = common_policy();
  append(policy.oversigned_names, list_names);
  return policy;
}

SigningPolicy mailing_list_signing_policy() {
  SigningPolicy policy = common_policy();
  append(policy.oversigned_if_present, list_names);
  return policy;
}

}  // namespace postern::dkim
