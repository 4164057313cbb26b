// "postern dkim rotate": new keys in the place of old ones, without an unsigned message between.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dkim_support.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/keyring/life_cycle.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using keyring::Key;
using keyring::Step;
using std::chrono::hours;

constexpr unsigned min_rsa_bits = 2048;  // RFC 8301 §3.2

/// What a run has done.
struct Report {
  std::vector<Step> steps;
  std::vector<Key> made;
  std::vector<keyring::Rotation> waiting;  ///< Not made, since a key is pending already.
};

// The new key has the size of the old one, or what is needed today if that is more.
unsigned new_bits(const keyring::Index& index, const keyring::Rotation& rotation) {
  const Key* active = index.find(rotation.domain, rotation.active);
  const unsigned bits = active == nullptr ? 0 : key_bits(*active);
  return std::clamp(bits, min_rsa_bits, io::max_rsa_key_bits);
}

Expected<void, std::string> make_keys(KeyChange& change,
                                      const std::vector<keyring::Rotation>& rotations,
                                      Report& report) {
  for (const keyring::Rotation& rotation : rotations) {
    if (!rotation.pending.empty()) {
      report.waiting.push_back(rotation);
      continue;
    }
    auto key =
        change.make_key(rotation.domain, rotation.type, "", new_bits(change.index(), rotation));
    if (!key) return Unexpected<std::string>(key.error());
    report.made.push_back(std::move(*key));
  }
  return {};
}

std::vector<keyring::Rotation> due(const keyring::Index& index, const std::string& only_domain,
                                   std::int64_t now, hours older_than) {
  std::vector<keyring::Rotation> found;
  for (const std::string& domain : keyring::domains(index)) {
    if (!only_domain.empty() && domain != only_domain) continue;
    const auto more = keyring::rotations(index, domain, now, older_than);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

std::string sentence(const Step& step) {
  const std::string name = step.key.domain + ": " + step.key.selector;
  const std::string why = step.reason + (step.remedy.empty() ? "" : ". " + step.remedy);
  switch (step.what) {
    case Step::What::activated: return name + " signs from now on: " + why;
    case Step::What::retired: return name + " signs no more: " + why;
    case Step::What::dropped: return name + " is deleted, " + why;
    case Step::What::waiting:
    case Step::What::settling: return name + " waits: " + why;
    case Step::What::unsound: break;
  }
  return name + " is " + std::string(to_word(step.key.state)) + ", but " + why;
}

void print(const Report& report) {
  for (const Step& step : report.steps) std::printf("%s\n", sentence(step).c_str());
  for (const keyring::Rotation& rotation : report.waiting) {
    std::printf(
        "%s: %s waits already to replace %s; publish its record: postern dkim show %s "
        "--selector %s\n",
        rotation.domain.c_str(), rotation.pending.c_str(), rotation.active.c_str(),
        rotation.domain.c_str(), rotation.pending.c_str());
  }
  for (const Key& key : report.made) {
    std::printf("%s: made %s, pending\n", key.domain.c_str(), describe(key).c_str());
  }
  if (!report.made.empty()) {
    std::printf("\nPublish in DNS, and leave the old records there:\n");
    print_records(report.made);
    std::printf("%s\n", next_step_text);
  }
}

void print_json(const Report& report) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const Step& step : report.steps) {
    steps.push_back({{"what", to_word(step.what)},
                     {"domain", step.key.domain},
                     {"selector", step.key.selector},
                     {"type", keyring::to_word(step.key.type)},
                     {"reason", step.reason},
                     {"remedy", step.remedy}});
  }
  nlohmann::ordered_json made = nlohmann::ordered_json::array();
  for (const Key& key : report.made) made.push_back(to_json(key));
  nlohmann::ordered_json waiting = nlohmann::ordered_json::array();
  for (const keyring::Rotation& rotation : report.waiting) {
    waiting.push_back({{"domain", rotation.domain},
                       {"type", keyring::to_word(rotation.type)},
                       {"active", rotation.active},
                       {"pending", rotation.pending}});
  }
  const nlohmann::ordered_json document = {
      {"steps", std::move(steps)}, {"made", std::move(made)}, {"waiting", std::move(waiting)}};
  std::printf("%s\n", report::dump(document).c_str());
}

// Whether it has nothing to say that anybody must know: a key that waits for the clock alone goes
// on by itself.
bool is_nothing(const Report& report) {
  return report.made.empty() && report.waiting.empty() &&
         std::all_of(report.steps.begin(), report.steps.end(),
                     [](const Step& step) { return step.what == Step::What::settling; });
}

int finish(const DkimOptions& options, KeyChange& change, const Report& report) {
  const auto done = change.commit();
  if (!done) return fail(done.error());
  if (options.json) {
    print_json(report);
  } else if (!options.quiet || !is_nothing(report)) {
    print(report);
  }
  return 0;
}

Expected<std::chrono::seconds, std::string> settle_time(const DkimOptions& options) {
  const auto read = config::ValueType<std::chrono::milliseconds>::read(options.settle);
  if (!read) return Unexpected<std::string>("rotate: --settle: " + std::string(read.error()));
  return std::chrono::duration_cast<std::chrono::seconds>(*read);
}

// DNS is asked before the lock is taken, since that may take seconds. A key that another command
// has made meanwhile was not asked for, and stays as it is.
int rotate_automatically(const DkimOptions& options, const DkimSurroundings& surroundings) {
  const auto index = surroundings.directory.load_index();
  if (!index) return fail(index.error());
  const auto settle = settle_time(options);
  if (!settle) return fail(settle.error());
  if (index->keys().empty() && !options.json) {
    if (!options.quiet)
      std::printf("There is no key in %s\n", surroundings.directory.path().c_str());
    return 0;
  }
  const auto answers = ask_dns(options, surroundings, advance_questions(*index));
  if (!answers) return fail(answers.error());
  auto change = KeyChange::begin(surroundings);
  if (!change) return fail(change.error());
  Report report;
  report.steps = keyring::advance((*change)->index(), surroundings.now,
                                  {*settle, hours(24 * options.retire_after_days)}, *answers);
  for (const Step& step : report.steps) {
    if (step.what == Step::What::dropped) (*change)->doom(step.key);
  }
  if (options.every_days) {
    auto rotations = due((*change)->index(), "", surroundings.now, hours(24 * *options.every_days));
    const auto is_pending = [](const keyring::Rotation& rotation) {
      return !rotation.pending.empty();  // its step says what it waits for
    };
    rotations.erase(std::remove_if(rotations.begin(), rotations.end(), is_pending),
                    rotations.end());
    const auto made = make_keys(**change, rotations, report);
    if (!made) return fail(made.error());
  }
  const bool is_idle = report.steps.empty() && report.made.empty();
  const int status = finish(options, **change, report);
  if (status == 0 && is_idle && !options.json && !options.quiet) {
    std::printf("%zu keys, nothing to do\n", (*change)->index().keys().size());
  }
  return status;
}

int rotate_now(const DkimOptions& options, const DkimSurroundings& surroundings) {
  auto change = KeyChange::begin(surroundings);
  if (!change) return fail(change.error());
  const auto rotations = due((*change)->index(), surroundings.domain, surroundings.now, hours(0));
  if (rotations.empty()) {
    return fail(
        (surroundings.domain.empty() ? "no domain" : surroundings.domain) +
        std::string(surroundings.domain.empty() ? " has an active key" : " has no active key") +
        " that could be replaced; see: postern dkim list");
  }
  Report report;
  const auto made = make_keys(**change, rotations, report);
  if (!made) return fail(made.error());
  return finish(options, **change, report);
}

}  // namespace

int dkim_rotate(const DkimOptions& options) {
  const int ways = (options.domain.empty() ? 0 : 1) + (options.all_domains ? 1 : 0) +
                   (options.automatic ? 1 : 0);
  if (ways != 1) return fail("rotate: name a domain, or give --all, or --auto");
  if (options.every_days && !options.automatic) return fail("rotate: --every belongs to --auto");
  if (options.quiet && !options.automatic) return fail("rotate: --quiet belongs to --auto");
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  io::lock_key_memory();
  return options.automatic ? rotate_automatically(options, *surroundings)
                           : rotate_now(options, *surroundings);
}

}  // namespace postern::cli
