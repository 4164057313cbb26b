#include "lib/dns/answers.hpp"

#include <algorithm>

namespace postern::dns {

const Answer* Answers::find(std::string_view name, Type type) const {
  const auto found = answers_.find(Less::Key{type, name});
  return found == answers_.end() ? nullptr : found->second.get();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): try_emplace does take it
void Answers::add(Question question, SharedAnswer answer) {
  answers_.try_emplace(std::move(question), std::move(answer));
}

void Answers::add(Question question, Answer answer) {
  add(std::move(question), std::make_shared<const Answer>(std::move(answer)));
}

const Answer* Lookups::find(std::string_view name, Type type) {
  const auto known = answers_.answers_.find(Answers::Less::Key{type, name});
  if (known != answers_.answers_.end()) {
    const auto place =
        std::lower_bound(found_.begin(), found_.end(), &known->second, std::less<>());
    if (place == found_.end() || *place != &known->second) found_.insert(place, &known->second);
    return known->second.get();
  }
  const auto is_before = [&](const Question& question, Type wanted) {
    const int order = question.name.compare(name);
    return order < 0 || (order == 0 && question.type < wanted);
  };
  const auto place = std::lower_bound(missing_.begin(), missing_.end(), type, is_before);
  const bool is_known = place != missing_.end() && place->name == name && place->type == type;
  if (!is_known) missing_.insert(place, Question{std::string(name), type});
  return nullptr;
}

}  // namespace postern::dns
