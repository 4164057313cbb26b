// "postern dkim list", "show", and "check": which keys there are, and what DNS says of them.
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dkim_support.hpp"
#include "lib/keyring/life_cycle.hpp"
#include "lib/keyring/record_check.hpp"
#include "lib/keyring/record_forms.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using keyring::Key;

// The keys the user asked for: all, those of a domain, or one.
Expected<std::vector<Key>, std::string> load_keys(const DkimOptions& options,
                                                  const DkimSurroundings& surroundings) {
  const auto index = surroundings.directory.load_index();
  if (!index) return Unexpected<std::string>(index.error());
  if (surroundings.domain.empty()) return index->keys();
  std::vector<Key> keys;
  for (const Key& key : index->of_domain(surroundings.domain)) {
    if (options.selector.empty() || key.selector == options.selector) keys.push_back(key);
  }
  if (keys.empty()) {
    return Unexpected<std::string>(
        no_such_key(*index, surroundings.domain, options.selector) +
        (index->of_domain(surroundings.domain).empty()
             ? "; make one with: postern dkim create " + surroundings.domain
             : ""));
  }
  return keys;
}

std::string since(const Key& key) {
  switch (key.state) {
    case keyring::State::pending: return keyring::format_date(key.created);
    case keyring::State::active: return keyring::format_date(key.activated.value_or(0));
    case keyring::State::retired:
    case keyring::State::revoked: break;
  }
  return keyring::format_date(key.retired.value_or(0));
}

void print_forms(const Key& key, const std::string& form) {
  const bool all = form == "all";
  if (all) {
    std::printf("# %s, %s, %s\n\n", key.domain.c_str(), describe(key).c_str(),
                std::string(to_word(key.state)).c_str());
  }
  if (all) std::printf("## In one line\n\n");
  if (all || form == "line") std::printf("%s", keyring::record_line(key).c_str());
  if (all) std::printf("\n## For a zone file\n\n");
  if (all || form == "zone") std::printf("%s", keyring::record_for_zone(key).c_str());
  if (all) std::printf("\n## For the form of a DNS provider\n\n");
  if (all || form == "provider") std::printf("%s", keyring::record_for_provider(key).c_str());
  if (all) std::printf("\n");
}

// What list and show have in common: they say what there is, as JSON or in their own way.
int with_keys(const DkimOptions& options,
              void (*print)(const DkimOptions&, const DkimSurroundings&, const std::vector<Key>&)) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  const auto keys = load_keys(options, *surroundings);
  if (!keys) return fail(keys.error());
  if (options.json) {
    print_json("keys", *keys);
  } else {
    print(options, *surroundings, *keys);
  }
  return 0;
}

void print_list(const DkimOptions& /*options*/, const DkimSurroundings& surroundings,
                const std::vector<Key>& keys) {
  if (keys.empty()) {
    std::printf("There is no key in %s; make some with: postern dkim create DOMAIN\n",
                surroundings.directory.path().c_str());
    return;
  }
  std::printf("%-30s %-16s %-7s %4s  %-7s  %s\n", "DOMAIN", "SELECTOR", "TYPE", "BITS", "STATE",
              "SINCE");
  for (const Key& key : keys) {
    std::printf("%-30s %-16s %-7s %4u  %-7s  %s\n", key.domain.c_str(), key.selector.c_str(),
                std::string(keyring::to_word(key.type)).c_str(), key_bits(key),
                std::string(to_word(key.state)).c_str(), since(key).c_str());
  }
}

void print_records_of(const DkimOptions& options, const DkimSurroundings& /*surroundings*/,
                      const std::vector<Key>& keys) {
  bool first = true;
  for (const Key& key : keys) {
    if (!first && options.form == "provider") std::printf("\n");
    print_forms(key, options.form);
    first = false;
  }
}

void print_judgement(const Key& key, const keyring::RecordJudgement& judgement) {
  std::printf("%-9s  %s, %s, %s: %s%s%s\n", std::string(to_word(judgement.result)).c_str(),
              key.domain.c_str(), key.selector.c_str(), std::string(to_word(key.state)).c_str(),
              judgement.sentence.c_str(), judgement.remedy.empty() ? "" : ". ",
              judgement.remedy.c_str());
}

}  // namespace

int dkim_list(const DkimOptions& options) {
  return with_keys(options, print_list);
}

int dkim_show(const DkimOptions& options) {
  return with_keys(options, print_records_of);
}

int dkim_check(const DkimOptions& options) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  const auto keys = load_keys(options, *surroundings);
  if (!keys) return fail(keys.error());
  dns::Questions questions;
  for (const Key& key : *keys) {
    const dns::Questions more = keyring::record_questions(key);
    questions.insert(questions.end(), more.begin(), more.end());
  }
  const auto answers = ask_dns(options, *surroundings, questions);
  if (!answers) return fail(answers.error());
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Key& key : *keys) {
    const keyring::RecordJudgement judgement = judge_record(key, *answers);
    if (!options.json) {
      print_judgement(key, judgement);
      continue;
    }
    list.push_back({{"domain", key.domain},
                    {"selector", key.selector},
                    {"state", to_word(key.state)},
                    {"name", key.record_name()},
                    {"result", to_word(judgement.result)},
                    {"sentence", judgement.sentence},
                    {"remedy", judgement.remedy}});
  }
  if (options.json) {
    const nlohmann::ordered_json document = {{"records", std::move(list)}};
    std::printf("%s\n", report::dump(document).c_str());
  }
  return 0;
}

}  // namespace postern::cli
