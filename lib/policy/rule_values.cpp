// How the values of rules stand in the configuration file.
#include <algorithm>

#include "lib/policy/rule.hpp"

namespace postern::config {
namespace {

using Problem = Unexpected<std::string_view>;

constexpr std::size_t max_list_entries = 10000;  // of one rule; longer ones belong in a table file

// A list of words as the values they stand for.
template <typename T, std::size_t N, typename Spell>
Expected<std::vector<T>, std::string_view> read_words(const Value& value, const T (&values)[N],
                                                      Spell spell, std::string_view expected) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return Problem("is not a list of texts in quotes");
  std::vector<T> read;
  for (const std::string& text : *texts) {
    const auto found = std::find_if(std::begin(values), std::end(values),
                                    [&](const T& one) { return spell(one) == text; });
    if (found == std::end(values)) return Problem(expected);
    read.push_back(*found);
  }
  return read;
}

}  // namespace

Expected<policy::Threshold, std::string_view> ValueType<policy::Threshold>::read(
    const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->empty()) return policy::Threshold{};
  const auto weight = ValueType<dnslist::Weight>::read(value);
  if (!weight) return Problem(weight.error());
  return policy::Threshold{weight->value};
}

Expected<policy::MatchList, std::string_view> ValueType<policy::MatchList>::read(
    const Value& value) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return Problem("is not a list of texts in quotes");
  if (texts->size() > max_list_entries) return Problem("has too many entries; use a table file");
  policy::MatchList list;
  for (const std::string& text : *texts) {
    const auto added = list.table.add(text);
    if (!added) return Problem(added.error().problem);
  }
  return list;
}

Expected<std::vector<policy::State>, std::string_view> ValueType<std::vector<policy::State>>::read(
    const Value& value) {
  using policy::State;
  static constexpr State states[] = {State::connect, State::ehlo, State::helo,
                                     State::mail,    State::rcpt, State::data,
                                     State::vrfy,    State::etrn, State::end_of_message};
  return read_words(
      value, states, [](State state) { return policy::to_word(state); },
      "holds a word that is no protocol state of Postfix, such as RCPT");
}

Expected<std::vector<greylist::ClientName>, std::string_view>
ValueType<std::vector<greylist::ClientName>>::read(const Value& value) {
  using greylist::ClientName;
  static constexpr ClientName names[] = {ClientName::confirmed, ClientName::missing,
                                         ClientName::unconfirmed};
  return read_words(
      value, names, [](ClientName client_name) { return greylist::to_word(client_name); },
      "holds a word that is not confirmed, missing, or unconfirmed");
}

Expected<std::vector<greylist::Helo>, std::string_view>
ValueType<std::vector<greylist::Helo>>::read(const Value& value) {
  using greylist::Helo;
  static constexpr Helo helos[] = {Helo::resolves, Helo::missing,     Helo::literal,
                                   Helo::own,      Helo::unqualified, Helo::unresolved};
  return read_words(
      value, helos, [](Helo helo) { return greylist::to_word(helo); },
      "holds a word that is not resolves, missing, literal, own, unqualified, or unresolved");
}

Expected<std::vector<authres::Result>, std::string_view>
ValueType<std::vector<authres::Result>>::read(const Value& value) {
  using authres::Result;
  static constexpr Result results[] = {Result::none, Result::neutral,  Result::pass,
                                       Result::fail, Result::softfail, Result::permerror};
  return read_words(
      value, results, [](Result result) { return authres::to_token(result); },
      "holds a word that is no result of SPF; temperror never matches, since nobody knows");
}

Expected<policy::Conditions, std::string_view> ValueType<policy::Conditions>::read(
    const Value& value) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return Problem("is not a list of texts in quotes");
  policy::Conditions conditions;
  for (const std::string& text : *texts) {
    std::size_t at = 0;
    while (at < policy::condition_count &&
           policy::to_word(static_cast<policy::Condition>(at)) != text) {
      ++at;
    }
    if (at == policy::condition_count) return Problem("holds a word that is no condition");
    conditions.set(at);
  }
  return conditions;
}

}  // namespace postern::config
