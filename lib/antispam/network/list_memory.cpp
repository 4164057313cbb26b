#include "lib/antispam/network/list_memory.hpp"

namespace postern::antispam {

std::vector<std::string> ListHealth::note(const ListReport& report, std::int64_t now) {
  std::vector<std::string> news;
  for (const std::string& list : report.answering) {
    const auto known = states_.find(list);
    if (known != states_.end()) known->second.silent = 0;
  }
  for (const std::string& list : report.refusing) {
    if (leave_alone(list, now, report.block_seconds))
      news.push_back(list + ": refuses our questions");
  }
  for (const std::string& list : report.silent) {
    // After a pause one more message without an answer is enough: the count stays.
    State& state = states_[list];
    if (++state.silent < max_silent) continue;
    state.silent = max_silent - 1;
    if (leave_alone(list, now, report.block_seconds)) news.push_back(list + ": does not answer");
  }
  return news;
}

// Several messages may find it at once: only the first one tells.
bool ListHealth::leave_alone(const std::string& list, std::int64_t now, std::int64_t seconds) {
  State& state = states_[list];
  const bool is_new = now < state.since || now > state.until;
  state.since = now;
  state.until = now + seconds;
  return is_new;
}

std::vector<std::string> ListHealth::left_alone(std::int64_t now) const {
  std::vector<std::string> lists;
  for (const auto& [list, state] : states_) {
    if (now >= state.since && now <= state.until) lists.push_back(list);
  }
  return lists;
}

}  // namespace postern::antispam
