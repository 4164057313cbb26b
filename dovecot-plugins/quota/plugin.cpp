// postern_quota: Dovecot's own quota backend "count" under the name "postern", which also tells the
// learner how full a mailbox is, so that mail for a full one can be refused before it is accepted.
#include "dovecot-plugins/quota/quota.hpp"

#include "dovecot-plugins/common/guarded.hpp"
#include "dovecot-plugins/common/settings.hpp"
#include "dovecot-plugins/quota/publisher.hpp"

namespace postern::quota_plugin {
namespace {

using dovecot::guarded;

// What a user has with us, in Dovecot's memory of that user.
struct QuotaUser {
  union mail_user_module_context module_ctx;
  Publisher* publisher;
};

MODULE_CONTEXT_DEFINE_INIT(quota_user_module, &mail_user_module_register);

QuotaUser* quota_user(mail_user* user) {
  return static_cast<QuotaUser*>(MODULE_CONTEXT(user, quota_user_module));
}

void mark(const quota_root* root, Publisher::Cause cause) {
  QuotaUser* const ours = quota_user(root->quota->user);
  if (ours == nullptr || ours->publisher == nullptr) return;
  guarded("quota", [&] { ours->publisher->mark(cause); });
}

// What a mailbox has with us.
union QuotaMailbox {
  union mailbox_module_context module_ctx;
};

MODULE_CONTEXT_DEFINE_INIT(quota_mailbox_module, &mail_storage_module_register);

mailbox_vfuncs& next_of(mailbox* box) {
  auto* const ours = static_cast<QuotaMailbox*>(MODULE_CONTEXT(box, quota_mailbox_module));
  i_assert(ours != nullptr);  // or none of these functions had been called
  return ours->module_ctx.super;
}

}  // namespace

// What Dovecot calls.
extern "C" {

static int update(quota_root* root, quota_transaction_context* context, const char** error) {
  const int result = quota_backend_count.v.update(root, context, error);
  mark(root, Publisher::Cause::change);
  return result;
}

// A delivery that does not fit changes nothing, and is worth telling: it came since what has been
// published says otherwise, or does not count any more.
static quota_get_result get_resource(quota_root* root, const char* name, std::uint64_t* value,
                                     const char** error) {
  const quota_get_result result = quota_backend_count.v.get_resource(root, name, value, error);
  mark(root, Publisher::Cause::look);
  return result;
}

static mailbox_transaction_context* transaction_begin(mailbox* box, mailbox_transaction_flags flags,
                                                      const char* reason) {
  begin_transaction();
  return next_of(box).transaction_begin(box, flags, reason);
}

static int transaction_commit(mailbox_transaction_context* transaction,
                              mail_transaction_commit_changes* changes) {
  const int result = next_of(transaction->box).transaction_commit(transaction, changes);
  end_transaction();
  return result;
}

static void transaction_rollback(mailbox_transaction_context* transaction) {
  next_of(transaction->box).transaction_rollback(transaction);
  end_transaction();
}

static void mailbox_allocated(mailbox* box) {
  mailbox_vfuncs* const before = box->vlast;
  QuotaMailbox* const ours = p_new(box->pool, QuotaMailbox, 1);
  ours->module_ctx.super = *before;
  box->vlast = &ours->module_ctx.super;
  before->transaction_begin = transaction_begin;
  before->transaction_commit = transaction_commit;
  before->transaction_rollback = transaction_rollback;
  MODULE_CONTEXT_SET(box, quota_mailbox_module, ours);
}

// Before other plugins end, since counting opens mailboxes.
static void user_ends(mail_user* user) {
  QuotaUser* const ours = quota_user(user);
  const std::unique_ptr<Publisher> publisher(std::exchange(ours->publisher, nullptr));
  guarded("logout", [&] { publisher->finish(); });
  ours->module_ctx.super.deinit_pre(user);
}

static void user_created(mail_user* user) {
  if (quota_get_mail_user_quota(user) == nullptr) return;
  guarded("login", [&] {
    // The owner of a shared mailbox has the settings of who looks into it.
    auto publisher = std::make_unique<Publisher>(*user, dovecot::read_settings(user).quota_socket,
                                                 !user->autocreated);
    mail_user_vfuncs* const before = user->vlast;
    QuotaUser* const ours = p_new(user->pool, QuotaUser, 1);
    ours->module_ctx.super = *before;
    user->vlast = &ours->module_ctx.super;
    before->deinit_pre = user_ends;
    ours->publisher = publisher.release();
    MODULE_CONTEXT_SET(user, quota_user_module, ours);
  });
}

}  // extern "C"

namespace {

mail_storage_hooks make_hooks() {
  mail_storage_hooks hooks{};
  hooks.mail_user_created = user_created;
  hooks.mailbox_allocated = mailbox_allocated;
  return hooks;
}

quota_backend make_backend() {
  quota_backend backend = quota_backend_count;
  backend.name = backend_name;
  backend.v.update = update;
  backend.v.get_resource = get_resource;
  return backend;
}

const mail_storage_hooks hooks = make_hooks();
quota_backend backend;

}  // namespace
}  // namespace postern::quota_plugin

POSTERN_PLUGIN_SYMBOL const char* postern_quota_plugin_version;
const char* postern_quota_plugin_version = DOVECOT_ABI_VERSION;
POSTERN_PLUGIN_SYMBOL const char* postern_quota_plugin_dependencies[];
const char* postern_quota_plugin_dependencies[] = {"quota", nullptr};
POSTERN_PLUGIN_SYMBOL void postern_quota_plugin_init(module* module);
POSTERN_PLUGIN_SYMBOL void postern_quota_plugin_deinit();

void postern_quota_plugin_init(module* module) {
  using namespace postern::quota_plugin;
  backend = make_backend();
  quota_backend_register(&backend);
  mail_storage_hooks_add(module, &hooks);
}

void postern_quota_plugin_deinit() {
  using namespace postern::quota_plugin;
  mail_storage_hooks_remove(&hooks);
  quota_backend_unregister(&backend);
}
