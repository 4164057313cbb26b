// "postern dkim activate", "retire", "revoke", and "remove": what the operator decides about one
// key.
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dkim_support.hpp"
#include "lib/keyring/choice.hpp"
#include "lib/keyring/life_cycle.hpp"
#include "lib/keyring/record_check.hpp"
#include "lib/keyring/record_forms.hpp"

namespace postern::cli {
namespace {

using keyring::Key;

// Why the key should not sign yet; empty when DNS answers its record.
Expected<std::string, std::string> objection(const DkimOptions& options,
                                             const DkimSurroundings& surroundings) {
  const auto index = surroundings.directory.load_index();
  if (!index) return Unexpected<std::string>(index.error());
  const Key* key = index->find(surroundings.domain, options.selector);
  if (key == nullptr) return std::string();  // the change itself says so
  const auto answers = ask_dns(options, surroundings, record_questions(*key));
  if (!answers) return Unexpected<std::string>(answers.error());
  const keyring::RecordJudgement judgement = judge_record(*key, *answers);
  if (judgement.result == keyring::RecordJudgement::Result::published) return std::string();
  return judgement.sentence + ". " + judgement.remedy;
}

void warn_if_unsigned(keyring::Index& index, const std::string& domain) {
  if (!keyring::keys_for(index, domain, false).empty()) return;
  std::printf(
      "Mail of %s is signed by no key of its own now; make one with: postern dkim create "
      "%s\n",
      domain.c_str(), domain.c_str());
}

}  // namespace

int dkim_activate(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  if (!options.force) {
    const auto problem = objection(options, *surroundings);
    if (!problem) return fail(problem.error());
    if (!problem->empty()) return fail(*problem + " (--force lets it sign nevertheless)");
  }
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  const auto replaced = keyring::activate((*change)->index(), surroundings->domain,
                                          options.selector, surroundings->now);
  if (!replaced) return fail(replaced.error());
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  std::printf("%s: %s signs from now on\n", surroundings->domain.c_str(), options.selector.c_str());
  for (const std::string& selector : *replaced) {
    std::printf("%s: %s signs no more; its record must stay in DNS for mail on its way\n",
                surroundings->domain.c_str(), selector.c_str());
  }
  return 0;
}

int dkim_retire(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  const auto retired = keyring::retire((*change)->index(), surroundings->domain, options.selector,
                                       surroundings->now);
  if (!retired) return fail(retired.error());
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  std::printf(
      "%s: %s signs no more\nLeave its record in DNS for mail on its way; \"postern dkim "
      "rotate --auto\" says when it can go\n",
      surroundings->domain.c_str(), options.selector.c_str());
  warn_if_unsigned((*change)->index(), surroundings->domain);
  return 0;
}

int dkim_revoke(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  const auto revoked = keyring::revoke((*change)->index(), surroundings->domain, options.selector,
                                       surroundings->now);
  if (!revoked) return fail(revoked.error());
  const Key key = *(*change)->index().find(surroundings->domain, options.selector);
  (*change)->doom(key);
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  std::printf(
      "%s: %s is revoked, and its private key is deleted\nPublish in the place of its "
      "record:\n\n%s\nWhen no mail of it is on its way any more: postern dkim remove %s "
      "--selector %s\n",
      key.domain.c_str(), key.selector.c_str(), keyring::record_for_zone(key).c_str(),
      key.domain.c_str(), key.selector.c_str());
  warn_if_unsigned((*change)->index(), surroundings->domain);
  return 0;
}

int dkim_remove(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  const Key* found = (*change)->index().find(surroundings->domain, options.selector);
  if (found == nullptr) {
    return fail(no_such_key((*change)->index(), surroundings->domain, options.selector));
  }
  const Key key = *found;
  const auto removed =
      keyring::remove((*change)->index(), key.domain, key.selector, surroundings->now);
  if (!removed) return fail(removed.error());
  (*change)->doom(key);
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  std::printf(
      "%s: %s is forgotten, and its private key is deleted\nIf it is in DNS, delete the "
      "TXT record %s\n",
      key.domain.c_str(), key.selector.c_str(), key.record_name().c_str());
  return 0;
}

}  // namespace postern::cli
