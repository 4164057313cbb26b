#include "lib/keyring/choice.hpp"

#include <algorithm>
#include <tuple>

namespace postern::keyring {
namespace {

bool is_newer(const Key* a, const Key* b) {
  const auto age = [](const Key* key) {
    return std::tuple(key->activated.value_or(0), key->created, std::string_view(key->selector));
  };
  return age(a) > age(b);
}

std::vector<const Key*> active_keys(const Index& index, std::string_view domain) {
  std::vector<const Key*> active;
  for (const Key& key : index.of_domain(domain)) {
    if (key.state == State::active) active.push_back(&key);
  }
  std::sort(active.begin(), active.end(), is_newer);
  std::vector<const Key*> chosen;
  for (const Key* key : active) {
    const auto same_type = [&](const Key* other) { return other->type == key->type; };
    if (std::none_of(chosen.begin(), chosen.end(), same_type)) chosen.push_back(key);
  }
  return chosen;
}

}  // namespace

std::vector<const Key*> keys_for(const Index& index, std::string_view author_domain,
                                 bool allow_parents) {
  while (true) {
    std::vector<const Key*> chosen = active_keys(index, author_domain);
    if (!chosen.empty() || !allow_parents) return chosen;
    const std::size_t dot = author_domain.find('.');
    if (dot == author_domain.npos) return {};
    author_domain.remove_prefix(dot + 1);
  }
}

}  // namespace postern::keyring
