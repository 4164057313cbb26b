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

const Answer* Lookups::find(const std::string& name, Type type) {
  const auto known = answers_.answers_.find(Answers::Less::Key{type, name});
  if (known != answers_.answers_.end()) {
    const auto place =
        std::lower_bound(found_.begin(), found_.end(), &known->second, std::less<>());
    if (place == found_.end() || *place != &known->second) found_.insert(place, &known->second);
    return known->second.get();
  }
  Question question{name, type};
  const auto place = std::lower_bound(missing_.begin(), missing_.end(), question);
  if (place == missing_.end() || *place != question) missing_.insert(place, std::move(question));
  return nullptr;
}

}  // namespace postern::dns
