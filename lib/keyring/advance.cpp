// What time and DNS make of the keys.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "lib/keyring/life_cycle.hpp"
#include "lib/keyring/record_check.hpp"

namespace postern::keyring {
namespace {

using What = Step::What;
using Result = RecordJudgement::Result;
using Place = std::pair<std::string, std::string>;

std::string replaced_reason(const Key& key) {
  return "replaced by " + key.selector + "; its record must stay in DNS for mail on its way";
}

// The pending keys, oldest first: where several can go, the newest is the one that signs at last.
std::vector<Place> pending_places(const Index& index) {
  std::vector<const Key*> pending;
  for (const Key& key : index.keys()) {
    if (key.state == State::pending) pending.push_back(&key);
  }
  std::stable_sort(pending.begin(), pending.end(),
                   [](const Key* a, const Key* b) { return a->created < b->created; });
  std::vector<Place> places;
  places.reserve(pending.size());
  for (const Key* key : pending) places.emplace_back(key->domain, key->selector);
  return places;
}

bool was_asked(const Key& key, const dns::Answers& answers) {
  return answers.find(key.record_name(), dns::Type::txt) != nullptr;
}

std::string settling_reason(const std::string& published, std::chrono::seconds left) {
  const auto minutes = (left.count() + 59) / 60;
  return published + ", and was found so too lately: it signs when it still is in " +
         std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes");
}

// What becomes of one pending key.
std::vector<Step> advance_one(Index& index, Key& key, std::int64_t now, const Patience& patience,
                              RecordJudgement judgement) {
  if (judgement.result != Result::published) {
    // When DNS fails nobody knows, and the record may be right all the time.
    if (judgement.result != Result::unknown) key.seen.reset();
    return {{What::waiting, key, std::move(judgement.sentence), std::move(judgement.remedy)}};
  }
  key.seen = std::min(key.seen.value_or(now), now);  // the clock may have been set back
  const std::chrono::seconds left = patience.settle - std::chrono::seconds(now - *key.seen);
  if (left > std::chrono::seconds::zero()) {
    return {{What::settling, key, settling_reason(judgement.sentence, left),
             std::move(judgement.remedy)}};
  }
  const auto replaced = activate(index, key.domain, key.selector, now);
  if (!replaced) return {};
  std::vector<Step> steps = {
      {What::activated, key, std::move(judgement.sentence), std::move(judgement.remedy)}};
  for (const std::string& older : *replaced) {
    steps.push_back({What::retired, *index.find(key.domain, older), replaced_reason(key), ""});
  }
  return steps;
}

void advance_pending(Index& index, std::int64_t now, const Patience& patience,
                     const dns::Answers& answers, std::vector<Step>& steps) {
  for (const auto& [domain, selector] : pending_places(index)) {
    Key& key = *index.find(domain, selector);
    if (!was_asked(key, answers)) continue;
    auto more = advance_one(index, key, now, patience, judge_record(key, answers));
    std::move(more.begin(), more.end(), std::back_inserter(steps));
  }
}

void drop_retired(Index& index, std::int64_t now, std::chrono::seconds retire_after,
                  std::vector<Step>& steps) {
  std::vector<Key> dropped;
  for (const Key& key : index.keys()) {
    if (key.state == State::retired && now - key.retired.value_or(now) >= retire_after.count()) {
      dropped.push_back(key);
    }
  }
  for (Key& key : dropped) {
    keep_from_reuse(index, key, now);
    index.remove(key.domain, key.selector);
    const std::string since = format_date(key.retired.value_or(now));
    std::string remedy = "Delete the TXT record " + key.record_name() + " from DNS";
    steps.push_back({What::dropped, std::move(key), "retired since " + since, std::move(remedy)});
  }
}

void check_others(const Index& index, const dns::Answers& answers, std::vector<Step>& steps) {
  for (const Key& key : index.keys()) {
    const bool matters = key.state == State::active || key.state == State::retired;
    if (!matters || !was_asked(key, answers)) continue;
    RecordJudgement judgement = judge_record(key, answers);
    if (judgement.result == Result::published) continue;
    steps.push_back(
        {What::unsound, key, std::move(judgement.sentence), std::move(judgement.remedy)});
  }
}

}  // namespace

std::string_view to_word(What what) {
  switch (what) {
    case What::activated: return "activated";
    case What::retired: return "retired";
    case What::dropped: return "dropped";
    case What::waiting: return "waiting";
    case What::settling: return "settling";
    case What::unsound: return "unsound";
  }
  return "";
}

dns::Questions advance_questions(const Index& index) {
  dns::Questions questions;
  for (const Key& key : index.keys()) {
    if (key.state == State::revoked) continue;
    const dns::Questions of_key = record_questions(key);
    questions.insert(questions.end(), of_key.begin(), of_key.end());
  }
  return questions;
}

std::vector<Step> advance(Index& index, std::int64_t now, const Patience& patience,
                          const dns::Answers& answers) {
  std::vector<Step> steps;
  advance_pending(index, now, patience, answers, steps);
  drop_retired(index, now, patience.retire_after, steps);
  check_others(index, answers, steps);
  return steps;
}

}  // namespace postern::keyring
