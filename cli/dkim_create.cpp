// "postern dkim create": new keys for a domain.
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dkim_support.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/keyring/life_cycle.hpp"

namespace postern::cli {
namespace {

using Type = dkim::PublicKey::Type;

std::vector<Type> types_of(const std::string& word) {
  if (const auto type = keyring::parse_type(word)) return {*type};
  return {Type::rsa, Type::ed25519};
}

void print(const std::vector<keyring::Key>& made, const std::vector<std::string>& retired) {
  for (const keyring::Key& key : made) {
    std::printf("%s: made %s, %s\n", key.domain.c_str(), describe(key).c_str(),
                std::string(to_word(key.state)).c_str());
  }
  for (const std::string& selector : retired) {
    std::printf("%s: %s signs no more; its record must stay in DNS for mail on its way\n",
                made.front().domain.c_str(), selector.c_str());
  }
  std::printf("\nPublish in DNS:\n");
  print_records(made);
  if (made.front().state == keyring::State::active) {
    std::printf(
        "The keys sign now: until DNS answers their records, signatures are worthless. "
        "See: postern dkim check %s\n",
        made.front().domain.c_str());
  } else {
    std::printf("%s\n", next_step_text);
  }
}

}  // namespace

int dkim_create(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  const std::vector<Type> types = types_of(options.type);
  if (!options.selector.empty() && types.size() > 1) {
    return fail("--selector names one key: add --type rsa or --type ed25519");
  }
  io::lock_key_memory();
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  std::vector<keyring::Key> made;
  std::vector<std::string> retired;
  for (const Type type : types) {
    auto key = (*change)->make_key(surroundings->domain, type, options.selector, options.bits);
    if (!key) return fail(key.error());
    if (options.active) {
      const auto replaced =
          keyring::activate((*change)->index(), key->domain, key->selector, surroundings->now);
      if (!replaced) return fail(replaced.error());
      retired.insert(retired.end(), replaced->begin(), replaced->end());
    }
    made.push_back(*(*change)->index().find(key->domain, key->selector));
  }
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  if (options.json) {
    print_json("made", made);
  } else {
    print(made, retired);
  }
  return 0;
}

}  // namespace postern::cli
