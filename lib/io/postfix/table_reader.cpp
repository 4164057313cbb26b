#include "lib/io/postfix/table_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/io/postfix/names.hpp"
#include "lib/io/postfix/programs.hpp"

namespace postern::io {
namespace {

using recipients::Answer;
using recipients::Lookup;

constexpr std::size_t max_cached_octets = 8 * 1024 * 1024;
constexpr std::size_t max_value_size = 16 * 1024;  // octets; about 100 destinations and more
constexpr std::size_t max_key_size = 1024;         // octets; addresses are shorter

// One line, and nothing in it that ends a key in the output.
bool can_be_asked(std::string_view key) {
  return !key.empty() && key.size() <= max_key_size &&
         std::none_of(key.begin(), key.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

Answer failed(std::string reason) {
  return {Answer::Kind::failed, std::move(reason)};
}

// What postmap(1) found of a key.
Answer to_answer(std::string value) {
  if (value.empty()) return failed("an entry is empty");  // which is an error to Postfix
  if (value.size() > max_value_size) return failed("an entry is longer than 16 KiB");
  return {Answer::Kind::found, std::move(value)};
}

}  // namespace

TableReader::TableReader(TableSettings settings)
    : settings_(std::move(settings)),
      cache_(std::max<std::size_t>(settings_.cached_lookups, 1), max_cached_octets) {}

TableReader::SharedNames TableReader::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

TableReader::Clock::time_point TableReader::names_due() const {
  const std::lock_guard lock(mutex_);
  return names_due_;
}

std::string TableReader::names_problem() const {
  const std::lock_guard lock(mutex_);
  return names_problem_;
}

void TableReader::refresh_names(Clock::time_point deadline) {
  if (is_stopped_ || Clock::now() < names_due()) return;
  auto found = read_names(settings_.config_directory, {settings_.timeout, deadline});
  const std::lock_guard lock(mutex_);
  names_due_ = Clock::now() + (found ? settings_.cache_time : settings_.failure_time);
  names_problem_ = found ? "" : found.error();
  if (found) names_ = std::make_shared<const recipients::Names>(std::move(*found));
}

bool TableReader::find_known(const Lookup& lookup, Answer& answer) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (const Answer* known = cache_.find(lookup, now)) {
    answer = *known;
    return true;
  }
  const auto failure = failures_.find(lookup.table);
  if (failure == failures_.end()) return false;
  if (failure->second.expires <= now) {
    failures_.erase(failure);
    return false;
  }
  answer = failed(failure->second.reason);
  return true;
}

std::vector<Answer> TableReader::find_known(const std::vector<Lookup>& lookups) {
  std::vector<Answer> answers(lookups.size());
  for (std::size_t i = 0; i < lookups.size(); ++i) {
    if (!find_known(lookups[i], answers[i])) return {};
  }
  return answers;
}

std::vector<Answer> TableReader::look_up(const std::vector<Lookup>& lookups,
                                         Clock::time_point deadline) {
  std::vector<Answer> answers(lookups.size());
  std::map<std::string, std::map<std::string, std::vector<std::size_t>>> open;  // by table and key
  for (std::size_t i = 0; i < lookups.size(); ++i) {
    if (find_known(lookups[i], answers[i])) continue;
    if (can_be_asked(lookups[i].key)) {
      open[lookups[i].table][lookups[i].key].push_back(i);
    } else {
      answers[i] = failed("not a key");
    }
  }
  for (const auto& [table, places] : open) {
    std::vector<std::string> keys;
    for (const auto& [key, indices] : places) keys.push_back(key);
    const std::vector<Answer> found = ask(table, keys, deadline);
    std::size_t next = 0;
    for (const auto& [key, indices] : places) {
      for (const std::size_t index : indices) answers[index] = found[next];
      ++next;
    }
  }
  return answers;
}

// One answer for each key.
std::vector<Answer> TableReader::ask(const std::string& table, const std::vector<std::string>& keys,
                                     Clock::time_point deadline) {
  if (is_stopped_) return std::vector<Answer>(keys.size(), failed("nobody waits any more"));
  // That there was no time for it says nothing about a table.
  if (deadline <= Clock::now()) return std::vector<Answer>(keys.size(), failed("no time left"));
  auto values = run(table, keys, deadline);
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (!values) {
    failures_[table] = {values.error(), now + settings_.failure_time};
    return std::vector<Answer>(keys.size(), failed(values.error()));
  }
  std::vector<Answer> answers;
  for (const std::string& key : keys) {
    const auto value = values->find(key);
    answers.push_back(value == values->end() ? Answer() : to_answer(std::move(value->second)));
    const bool has_failed = answers.back().kind == Answer::Kind::failed;
    cache_.keep({table, key}, answers.back(),
                now + (has_failed ? settings_.failure_time : settings_.cache_time));
  }
  return answers;
}

Expected<TableReader::Values, std::string> TableReader::run(const std::string& table,
                                                            const std::vector<std::string>& keys,
                                                            Clock::time_point deadline) const {
  std::string input;
  for (const std::string& key : keys) input += key + "\n";
  const auto result = run_program({"postmap", "-c", settings_.config_directory, "-q", "-", table},
                                  {settings_.timeout, deadline}, input);
  if (!result) return Unexpected<std::string>(result.error());
  Values values;
  std::string_view text = result->output;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t tab = line.find('\t');
    std::string key(line.substr(0, tab));
    // A value of several lines, which databases may have, cannot be told from other keys.
    const bool was_asked = std::binary_search(keys.begin(), keys.end(), key);
    if (tab == line.npos || !was_asked) {
      return Unexpected<std::string>("an entry has more than one line");
    }
    values[std::move(key)] = line.substr(tab + 1);
  }
  return values;
}

}  // namespace postern::io
