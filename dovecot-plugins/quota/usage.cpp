#include "dovecot-plugins/quota/quota.hpp"

#include "dovecot-plugins/quota/usage.hpp"

#include <algorithm>
#include <cstring>

namespace postern::quota_plugin {
namespace {

// The count may come from a moment ago, and would be told as one of now.
void forget_cached_count(quota_root* root) {
  quota_transaction_context nothing;
  std::memset(&nothing, 0, sizeof nothing);
  nothing.quota = root->quota;
  const char* error = nullptr;
  (void)quota_backend_count.v.update(root, &nothing, &error);
}

std::optional<quota::Resource> resource_of(quota_root* root, [[maybe_unused]] mailbox* inbox,
                                           const char* name) {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
  const char* error = nullptr;
#if DOVECOT_PREREQ(2, 4, 0)
  const auto result = quota_get_resource(root, inbox, name, &used, &limit, &error);
#else
  const auto result = quota_get_resource(root, "INBOX", name, &used, &limit, &error);
#endif
  if (result != QUOTA_GET_RESULT_LIMITED && result != QUOTA_GET_RESULT_UNLIMITED) {
    e_warning(root->quota->event, "postern_quota: %s", error);
    return std::nullopt;
  }
  constexpr std::uint64_t most = quota::max_amount;
  return quota::Resource{static_cast<std::int64_t>(std::min(used, most)),
                         static_cast<std::int64_t>(std::min(limit, most))};
}

bool is_enforced(const quota_root* root) {
#if DOVECOT_PREREQ(2, 4, 0)
  return root->set->quota_enforce;
#else
  return !root->no_enforcing;
#endif
}

std::int64_t grace_of(const quota_root* root) {
#if DOVECOT_PREREQ(2, 4, 0)
  const std::uint64_t grace = root->set->quota_storage_grace;
#else
  const std::uint64_t grace = root->set->last_mail_max_extra_bytes;
#endif
  return static_cast<std::int64_t>(std::min<std::uint64_t>(grace, quota::max_amount));
}

// Whether one limit is nearer than another.
bool is_tighter(const quota::Resource& one, const quota::Resource& other) {
  if (one.limit == 0 || other.limit == 0) return one.limit != 0;
  return one.limit - one.used < other.limit - other.used;
}

// Of several roots a message must fit into each: the one with the least room counts.
bool add(quota_root* root, mailbox* inbox, quota::Usage& usage, bool is_first) {
  forget_cached_count(root);
  auto storage = resource_of(root, inbox, QUOTA_NAME_STORAGE_BYTES);
  auto messages = resource_of(root, inbox, QUOTA_NAME_MESSAGES);
  if (!storage || !messages) return false;
  if (!is_enforced(root)) storage->limit = messages->limit = 0;
  if (is_first || is_tighter(*storage, usage.storage)) {
    usage.storage = *storage;
    usage.grace = grace_of(root);
  }
  if (is_first || is_tighter(*messages, usage.messages)) usage.messages = *messages;
  return true;
}

// Whether old mail goes when there is no room, so that nothing is ever full.
bool makes_room(mail_user& user) {
#if DOVECOT_PREREQ(2, 4, 0)
  const char* plugin = nullptr;
  if (!array_is_created(&user.set->mail_plugins)) return false;
  array_foreach_elem(&user.set->mail_plugins, plugin) {
    if (std::string_view(plugin) == "trash") return true;
  }
  return false;
#else
  return str_array_find(t_strsplit_spaces(user.set->mail_plugins, " ,"), "trash");
#endif
}

bool add_roots(mailbox* inbox, quota::Usage& usage) {
  bool is_first = true;
  bool has_failed = false;
  quota_root_iter* iterator = quota_root_iter_init(inbox);
  while (quota_root* const root = quota_root_iter_next(iterator)) {
    if (std::string_view(root->backend.name) != backend_name) continue;
    has_failed = !add(root, inbox, usage, is_first) || has_failed;
    is_first = false;
  }
  quota_root_iter_deinit(&iterator);
  return !is_first && !has_failed;
}

}  // namespace

quota::Instant now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::optional<quota::Usage> usage_of(mail_user& user) {
  mail_namespace* const space =
      user.namespaces == nullptr ? nullptr : mail_namespace_find_inbox(user.namespaces);
  if (space == nullptr) return std::nullopt;
  quota::Usage usage;
  usage.user = user.username;
  usage.time = now();
  usage.session = quota::Instant(std::chrono::seconds(user.session_create_time));
  usage.is_certain = !makes_room(user);
  mailbox* inbox = mailbox_alloc(space->list, "INBOX", MAILBOX_FLAG_POST_SESSION);
  const bool is_counted = add_roots(inbox, usage);
  mailbox_free(&inbox);
  if (!is_counted) return std::nullopt;
  return usage;
}

}  // namespace postern::quota_plugin
