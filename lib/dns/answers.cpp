#include "lib/dns/answers.hpp"

namespace postern::dns {

const Answer* Answers::find(std::string_view name, Type type) const {
  const auto found = answers_.find(Less::Key{type, name});
  return found == answers_.end() ? nullptr : &found->second;
}

void Answers::add(Question question, Answer answer) {
  answers_.try_emplace(std::move(question), std::move(answer));
}

const Answer* Lookups::find(const std::string& name, Type type) {
  asked_.insert({name, type});
  const Answer* answer = answers_.find(name, type);
  if (answer == nullptr) missing_.insert({name, type});
  return answer;
}

}  // namespace postern::dns
