// Meta rules once all names are known: postfix order, dependencies, priorities, tflags net.
#include <algorithm>
#include <functional>
#include <queue>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/meta.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

constexpr int net_priority = -100;

class MetaFinisher {
 public:
  explicit MetaFinisher(LoadState& state) : state_(state) {}

  void run() {
    for (auto& [name, definition] : state_.definitions) {
      if (auto* test = std::get_if<MetaTest>(&definition.test)) read(name, definition, *test);
    }
    exclude_cycles();
    move_dependencies_forward();
    inherit_net();
  }

 private:
  struct Meta {
    std::string_view name;
    Definition* definition = nullptr;
    std::vector<std::size_t> needs;  // names, each once
  };

  void read(const std::string& name, Definition& definition, MetaTest& test) {
    const MetaNames names = {[&](std::string_view word) { return index_of(word); },
                             [&](std::string_view glob) { return matching(glob, name); }};
    auto tokens = read_meta(test.expression, names);
    if (!tokens || total_tokens_ + tokens->size() > max_metas_tokens) {
      state_.warn_at(
          definition.source,
          "the expression of " + name + " is not usable: " +
              (tokens ? std::string("all expressions together are too long") : tokens.error()) +
              "; shorten it");
      tokens = std::vector<MetaToken>{number_symbol(0).token};
    }
    total_tokens_ += tokens->size();
    test.tokens = std::move(*tokens);
    Meta meta{name, &definition, {}};
    for (const MetaToken& token : test.tokens) {
      if (token.op == MetaToken::Op::rule) meta.needs.push_back(token.rule);
    }
    std::sort(meta.needs.begin(), meta.needs.end());
    meta.needs.erase(std::unique(meta.needs.begin(), meta.needs.end()), meta.needs.end());
    metas_.push_back(std::move(meta));
  }

  std::size_t index_of(std::string_view name) {
    const auto found = indices_.find(name);
    if (found != indices_.end()) return found->second;
    const std::size_t index = state_.set.meta_names.size();
    state_.set.meta_names.emplace_back(name);
    indices_.emplace(std::string(name), index);
    return index;
  }

  std::vector<std::string_view> matching(std::string_view glob, std::string_view self) {
    if (scored_.empty()) {
      for (const auto& [name, scores] : state_.scores) scored_.push_back(name);
      std::sort(scored_.begin(), scored_.end());
    }
    std::vector<std::string_view> names;
    for (const std::string_view name : scored_) {
      if (name != self && is_rule_name(name) && matches_glob(name, glob)) names.push_back(name);
    }
    return names;
  }

  // Who needs what: metas by the names they need.
  std::vector<std::vector<std::size_t>> users() const {
    std::vector<std::vector<std::size_t>> users(state_.set.meta_names.size());
    for (std::size_t i = 0; i < metas_.size(); ++i) {
      for (const std::size_t need : metas_[i].needs) users[need].push_back(i);
    }
    return users;
  }

  std::optional<std::size_t> index_if_needed(std::string_view name) const {
    const auto found = indices_.find(name);
    return found == indices_.end() ? std::nullopt : std::optional(found->second);
  }

  // What is left when metas whose needs are settled are taken away again and again.
  void exclude_cycles() {
    const auto users_of = users();
    std::vector<std::size_t> unsettled(metas_.size(), 0);
    for (const Meta& meta : metas_) {
      const auto index = index_if_needed(meta.name);
      if (!index) continue;
      for (const std::size_t user : users_of[*index]) ++unsettled[user];
    }
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < metas_.size(); ++i) {
      if (unsettled[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
      const Meta& meta = metas_[ready.back()];
      ready.pop_back();
      const auto index = index_if_needed(meta.name);
      if (!index) continue;
      for (const std::size_t user : users_of[*index]) {
        if (--unsettled[user] == 0) ready.push_back(user);
      }
    }
    for (std::size_t i = 0; i < metas_.size(); ++i) {
      if (unsettled[i] > 0) exclude(metas_[i]);
    }
  }

  void exclude(Meta& meta) {
    auto& test = std::get<MetaTest>(meta.definition->test);
    const auto value = value_without_hits(test.tokens, state_.options.local_tests_only);
    test.tokens = {number_symbol(value.value_or(0)).token};
    meta.needs.clear();
    state_.warn_at(meta.definition->source, "the meta rule " + std::string(meta.name) +
                                                " depends on itself, perhaps through others; "
                                                "take one of these names out");
  }

  std::string_view flags_of(std::string_view name) const {
    const auto found = state_.tflags.find(name);
    return found == state_.tflags.end() ? std::string_view() : std::string_view(found->second);
  }
  bool is_net(std::string_view name) const {
    const std::string_view flags = flags_of(name);
    return find_whole_word(flags, "net") != flags.npos;
  }

  // A rule that a meta of lower priority needs runs no later; network rules not before -100.
  void move_dependencies_forward() {
    using Entry = std::pair<int, std::size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    ByName<std::size_t> by_name;
    for (std::size_t i = 0; i < metas_.size(); ++i) {
      by_name.emplace(std::string(metas_[i].name), i);
      queue.emplace(state_.priorities.find(metas_[i].name)->second, i);
    }
    std::vector<bool> is_done(metas_.size(), false);
    while (!queue.empty()) {
      const auto [priority, i] = queue.top();
      queue.pop();
      if (is_done[i]) continue;
      is_done[i] = true;
      for (const std::size_t need : metas_[i].needs) {
        const std::string& name = state_.set.meta_names[need];
        const auto needed = state_.priorities.find(name);
        if (needed == state_.priorities.end() || needed->second <= priority) continue;
        needed->second = priority < net_priority && is_net(name) ? net_priority : priority;
        if (const auto meta = by_name.find(name); meta != by_name.end()) {
          queue.emplace(needed->second, meta->second);
        }
      }
    }
  }

  // A meta that needs a network rule is one, too.
  void inherit_net() {
    const auto users_of = users();
    std::vector<std::size_t> net;
    for (std::size_t i = 0; i < users_of.size(); ++i) {
      if (is_net(state_.set.meta_names[i])) net.push_back(i);
    }
    while (!net.empty()) {
      const std::size_t need = net.back();
      net.pop_back();
      for (const std::size_t user : users_of[need]) {
        const std::string_view name = metas_[user].name;
        if (is_net(name)) continue;
        std::string& flags = state_.tflags[std::string(name)];
        flags += flags.empty() ? "net" : " net";
        if (const auto index = index_if_needed(name)) net.push_back(*index);
      }
    }
  }

  LoadState& state_;
  ByName<std::size_t> indices_;  // of meta_names
  std::vector<std::string_view> scored_;
  std::vector<Meta> metas_;
  std::size_t total_tokens_ = 0;
};

}  // namespace

void finish_metas(LoadState& state) {
  MetaFinisher(state).run();
}

}  // namespace postern::antispam
