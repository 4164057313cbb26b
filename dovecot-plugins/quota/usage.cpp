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

std::optional<quota::Resource> resource_of(quota_root* root, const char* name) {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
  const char* error = nullptr;
#if DOVECOT_PREREQ(2, 4, 0)
  const auto result = quota_get_resource(root, nullptr, name, &used, &limit, &error);
#else
  const auto result = quota_get_resource(root, "INBOX", name, &used, &limit, &error);
#endif
  if (result != QUOTA_GET_RESULT_LIMITED && result != QUOTA_GET_RESULT_UNLIMITED) {
    e_error(root->quota->event, "postern_quota: %s", error);
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
bool add(quota_root* root, quota::Usage& usage, bool is_first) {
  forget_cached_count(root);
  auto storage = resource_of(root, QUOTA_NAME_STORAGE_BYTES);
  auto messages = resource_of(root, QUOTA_NAME_MESSAGES);
  if (!storage || !messages) return false;
  if (!is_enforced(root)) storage->limit = messages->limit = 0;
  if (is_first || is_tighter(*storage, usage.storage)) {
    usage.storage = *storage;
    usage.grace = grace_of(root);
  }
  if (is_first || is_tighter(*messages, usage.messages)) usage.messages = *messages;
  return true;
}

}  // namespace

std::optional<quota::Usage> usage_of(mail_user& user) {
  quota::Usage usage;
  usage.user = user.username;
  usage.time =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  bool is_first = true;
  bool has_failed = false;
  quota_root_iter* iterator = quota_root_iter_init_user(&user);
  while (quota_root* const root = quota_root_iter_next(iterator)) {
    if (std::string_view(root->backend.name) != backend_name) continue;
    has_failed = !add(root, usage, is_first) || has_failed;
    is_first = false;
  }
  quota_root_iter_deinit(&iterator);
  if (is_first || has_failed) return std::nullopt;
  return usage;
}

}  // namespace postern::quota_plugin
