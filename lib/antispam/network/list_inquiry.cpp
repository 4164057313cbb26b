#include "lib/antispam/network/list_inquiry.hpp"

#include <algorithm>
#include <utility>

#include "lib/antispam/network/origins.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/dns/name.hpp"

namespace postern::antispam {

const dns::Answer* ListInquiry::ask(std::string_view name, dns::Type type, Asker asker,
                                    std::string_view list) {
  while (name.ends_with('.')) name.remove_suffix(1);
  const auto domain = dns::parse_domain(name);
  if (!domain || !may_ask(*domain)) return nullptr;
  const dns::Answer* const answer = answers_.find(*domain, type);
  const auto [place, is_new] =
      seen_.try_emplace({*domain, type}, answer == nullptr ? wanted_.size() : is_answered);
  if (is_new) {
    const auto worth = static_cast<std::size_t>(asker.worth);
    if (counts_.at(worth) >= max_questions_about.at(worth)) {
      seen_.erase(place);
      unasked_.insert(asker.rule);
      return nullptr;
    }
    ++counts_.at(worth);
    if (answer == nullptr) wanted_.push_back({place->first, asker.worth, {}});
  }
  if (answer == nullptr) {
    wanted_[place->second].rules.push_back(asker.rule);
  } else {
    note_answer(list, *answer, asker);
  }
  return answer;
}

const dns::Answer* ListInquiry::ask_list(std::string_view subject, std::string_view list,
                                         dns::Type type, Asker asker) {
  if (!may_tell(context_, subject)) return nullptr;
  std::string label = reversed_address(subject);
  if (label.empty()) label = subject;
  return ask(label.append(".").append(list), type, asker, list);
}

void ListInquiry::note_answer(std::string_view list, const dns::Answer& answer, Asker asker) {
  if (answer.status == dns::Status::not_asked) {
    unasked_.insert(asker.rule);
    return;
  }
  while (list.starts_with('.')) list.remove_prefix(1);
  while (list.ends_with('.')) list.remove_suffix(1);
  ListAnswers& all = lists_[ascii::to_lower(list)];  // "": what is in no list
  (answer.is_failure() ? all.fails : all.answers) = true;
}

// The closest parent, or the name itself, that a restriction names decides; "*" is above all. A
// list that is left alone counts only where no restriction below it has said anything.
bool ListInquiry::may_ask(std::string_view name) const {
  const auto& restrictions = context_.rules.options.dns_query_restrictions;
  bool is_blocked = false;
  for (std::string_view parent = name; !parent.empty();) {
    const auto found = restrictions.find(std::string(parent));
    if (found != restrictions.end()) return found->second && !is_blocked;
    is_blocked = is_blocked ||
                 std::find(left_alone_.begin(), left_alone_.end(), parent) != left_alone_.end();
    const std::size_t dot = parent.find('.');
    parent = dot == parent.npos ? std::string_view() : parent.substr(dot + 1);
  }
  const auto all = restrictions.find("*");
  return (all == restrictions.end() || all->second) && !is_blocked;
}

// What is answered counts, too: the limit is that of the message.
void ListInquiry::cut() {
  std::stable_sort(wanted_.begin(), wanted_.end(),
                   [](const Wanted& a, const Wanted& b) { return a.worth < b.worth; });
  const std::size_t answered = seen_.size() - wanted_.size();
  const std::size_t room = limit_ - std::min(limit_, answered);
  while (wanted_.size() > room) {
    unasked_.insert(wanted_.back().rules.begin(), wanted_.back().rules.end());
    wanted_.pop_back();
  }
}

ListInquiry::Result ListInquiry::finish() && {
  cut();
  Result result;
  for (Wanted& wanted : wanted_) result.missing.push_back(std::move(wanted.question));
  result.unasked.assign(unasked_.begin(), unasked_.end());
  // Where nothing at all is answered, it is not the lists that are silent.
  const bool any_answers = std::any_of(lists_.begin(), lists_.end(),
                                       [](const auto& list) { return list.second.answers; });
  for (const auto& [list, state] : lists_) {
    if (list.empty()) continue;
    if (state.answers) result.answering.push_back(list);
    const bool is_silent = state.fails && !state.answers;
    if (is_silent && (any_answers || lists_.size() == 1)) result.silent.push_back(list);
  }
  return result;
}

std::string reversed_address(std::string_view ip) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto address = parse_ip_address(ip);
  if (!address) return {};
  std::string reversed;
  for (std::size_t i = address->bits() / 8; i > 0; --i) {
    const unsigned octet = address->bytes()[i - 1];
    if (!reversed.empty()) reversed += '.';
    if (address->is_v4()) {
      reversed += std::to_string(octet);
    } else {
      reversed += {digits[octet & 15U], '.', digits[octet >> 4U]};
    }
  }
  return reversed;
}

}  // namespace postern::antispam
