#include "lib/quota/answer.hpp"

#include <algorithm>
#include <utility>

#include "lib/quota/published.hpp"

namespace postern::quota {
namespace {

// What is known for certain of one mailbox, or why nothing is.
struct Standing {
  std::optional<Usage> usage;
  std::string why;
};

// For the owner, who still gets it.
Notice level_notice(const Mailbox& mailbox, const Usage& usage) {
  Notice notice;
  notice.topic = Notice::Topic::quota;
  notice.login = notice_line(usage.user);
  notice.owner = plain_address(mailbox.address);
  notice.subject = "Your mailbox is " + std::to_string(percent(usage)) + " % full";
  notice.owner_text = "Your mailbox " + notice.login + " holds " + describe(usage) +
                      ".\n"
                      "When it is full, it takes no more mail, and senders are told so.\n"
                      "Delete what you do not need, and empty the trash.\n";
  return notice;
}

// For the postmaster, since the owner would not get it.
Notice full_notice(const Usage& usage) {
  Notice notice;
  notice.topic = Notice::Topic::quota;
  notice.login = notice_line(usage.user);
  notice.subject = "The mailbox of " + notice.login + " is full";
  notice.postmaster_text = "Mail for " + notice.login +
                           " is refused from now on: its mailbox holds " + describe(usage) +
                           ".\n"
                           "Its owner cannot be told by mail. See it with\n"
                           "    postern quota show\n";
  return notice;
}

// The highest level that has been reached, or 0.
std::int64_t level_of(const Usage& usage, const Settings& settings) {
  std::int64_t reached = 0;
  for (const std::int64_t level : settings.warn_levels) {
    if (percent(usage) >= level) reached = level;
  }
  return reached;
}

class Evaluator {
 public:
  Evaluator(const Settings& settings, store::Wants& wants, store::Time now)
      : settings_(settings), wants_(wants), now_(now) {}

  // False while a result is missing, as the next.
  bool judge(std::span<const Mailbox> mailboxes, std::int64_t message_size) {
    bool is_missing = false;
    bool has_room = mailboxes.empty();
    outcome_.is_too_large = true;
    for (const Mailbox& mailbox : mailboxes) {
      auto standing = find(mailbox);
      is_missing = is_missing || !standing;
      if (!standing) continue;
      const bool is_here_full = standing->usage && is_full(*standing->usage, message_size);
      // What is told is why mail is taken, or else the first mailbox that is full.
      const bool is_reason = outcome_.why.empty() || (!is_here_full && !has_room);
      if (is_reason) outcome_.why = std::move(standing->why);
      has_room = has_room || !is_here_full;
      const bool fits_once = !is_here_full || !is_too_large(*standing->usage, message_size);
      if (fits_once) outcome_.is_too_large = false;
      if (standing->usage) known_.emplace_back(&mailbox, std::move(*standing->usage));
    }
    outcome_.is_refused = !has_room;
    if (!has_room && message_size > 0) {
      outcome_.why += ", no room for " + size_text(message_size);
    }
    outcome_.is_too_large = outcome_.is_too_large && outcome_.is_refused;
    return !is_missing;
  }

  bool tell() {
    bool is_missing = false;
    for (const auto& [mailbox, usage] : known_) {
      const std::int64_t level = outcome_.is_refused ? full_level : level_of(usage, settings_);
      // What does not fit now may fit later; and a full mailbox gets no mail of ours either.
      if (level == 0 || is_full(usage, 0) != outcome_.is_refused) continue;
      const auto may_tell = is_first_to_tell(usage, level);
      is_missing = is_missing || !may_tell;
      if (!may_tell || !*may_tell) continue;
      outcome_.notices.push_back(outcome_.is_refused ? full_notice(usage)
                                                     : level_notice(*mailbox, usage));
      mark_lower_levels(usage, level);
    }
    return !is_missing;
  }

  Outcome take() { return std::move(outcome_); }

 private:
  std::optional<Standing> find(const Mailbox& mailbox) {
    const auto usage = published(mailbox);
    if (!usage) return std::nullopt;
    if (!*usage) return Standing{{}, notice_line(mailbox.address) + ": nothing is known of it"};
    const store::Result* alive = wants_.find(alive_lookup((*usage)->host));
    if (alive == nullptr) return std::nullopt;
    const std::string name = notice_line((*usage)->user);
    const std::string_view problem = doubt(**usage, since_of(*alive), settings_, now_);
    if (!problem.empty()) return Standing{{}, name + ": " + std::string(problem)};
    return Standing{*usage, name + ": " + describe(**usage)};
  }

  // It is read first, since writing it again would renew its lifetime.
  std::optional<bool> is_first_to_tell(const Usage& usage, std::int64_t level) {
    const std::string key = warned_key(usage.user, level);
    for (const store::Operation& operation :
         {store::Operation(store::Get{key}),
          store::Operation(store::PutIfAbsent{key, "1", settings_.warn_again, true})}) {
      const store::Result* before = wants_.find(operation);
      if (before == nullptr) return std::nullopt;
      const auto* value = std::get_if<store::Value>(before);
      if (value == nullptr || value->value) return false;
    }
    return true;
  }

  // Who deletes mail, but not enough, is not told of the level before.
  void mark_lower_levels(const Usage& usage, std::int64_t level) {
    for (const std::int64_t lower : settings_.warn_levels) {
      if (lower >= level) return;
      outcome_.writes.emplace_back(
          store::PutIfAbsent{warned_key(usage.user, lower), "1", settings_.warn_again, true});
    }
  }

  // Of the first of its names that is known; the outer one is empty while that is missing.
  std::optional<std::optional<Usage>> published(const Mailbox& mailbox) {
    bool is_missing = false;
    std::optional<Usage> found;
    for (const std::string& login : mailbox.logins) {
      const store::Result* result = wants_.find(usage_lookup(login));
      is_missing = is_missing || result == nullptr;
      if (result != nullptr && !found) found = usage_of(*result);
    }
    if (is_missing) return std::nullopt;
    return found;
  }

  const Settings& settings_;
  store::Wants& wants_;
  const store::Time now_;
  Outcome outcome_;
  std::vector<std::pair<const Mailbox*, Usage>> known_;  // for certain
};

}  // namespace

// Everything an evaluation rests on is a parameter.
// NOLINTNEXTLINE(readability-function-size)
std::optional<Outcome> evaluate(std::span<const Mailbox> mailboxes, std::int64_t message_size,
                                const Settings& settings, bool enforce, store::Wants& wants,
                                store::Time now) {
  Evaluator evaluator(settings, wants, now);
  if (!evaluator.judge(mailboxes, message_size)) return std::nullopt;
  if (enforce && !evaluator.tell()) return std::nullopt;
  return evaluator.take();
}

}  // namespace postern::quota
