// postern_train: what users move into Junk and out of it teaches the filter.
#include "dovecot-plugins/common/dovecot.hpp"

#include "dovecot-plugins/common/guarded.hpp"
#include "dovecot-plugins/common/message_text.hpp"
#include "dovecot-plugins/common/outbox.hpp"
#include "dovecot-plugins/common/settings.hpp"
#include "lib/io/training/event_id.hpp"
#include "lib/training/event.hpp"

namespace postern::train {
namespace {

using dovecot::guarded;
using dovecot::Lesson;
using dovecot::Outbox;
using training::Kind;
using training::Role;
using training::Source;

// What a user has with us, in Dovecot's memory of that user.
struct TrainUser {
  union mail_user_module_context module_ctx;
  Outbox* outbox;
};

MODULE_CONTEXT_DEFINE_INIT(train_user_module, &mail_user_module_register);

TrainUser* train_user(mail_user* user) {
  return static_cast<TrainUser*>(MODULE_CONTEXT(user, train_user_module));
}

// What one transaction has taught so far.
struct Lessons {
  explicit Lessons(mail_user& owner) : user(owner) {}
  mail_user& user;
  std::vector<Lesson> all;
  std::size_t lost = 0;
  std::string problem;  // with the first that was lost
};

// Nobody moved what a delivery or a synchronisation brings, nor what an administrator moves.
bool is_users_own(const mail_user& user) {
  return !user.autocreated && !user.dsyncing && user.service != nullptr &&
         std::string_view(user.service) == "imap";
}

bool is_delivery(const mailbox& box) {
  return (box.flags & MAILBOX_FLAG_POST_SESSION) != 0;
}

Role role_of(mailbox* box) {
  if (mailbox_has_special_use(box, "\\Junk")) return Role::junk;
  return mailbox_has_special_use(box, "\\Trash") ? Role::trash : Role::other;
}

void learn(Lessons& lessons, mail* mail, training::Event event) {
  Outbox* const found = train_user(&lessons.user)->outbox;
  if (found == nullptr) return;  // the session has ended
  Outbox& outbox = *found;
  const auto fail = [&lessons](const std::string& problem) {
    ++lessons.lost;
    if (lessons.problem.empty()) lessons.problem = problem;
  };
  const auto text = dovecot::read_message(mail, outbox.settings().max_size);
  if (!text) return fail(text.error());
  event.time = io::event_time();
  event.id = io::next_event_id(event.time);
  event.user = lessons.user.username;
  event.is_cut = text->is_cut;
  auto lesson = outbox.hold(event, text->octets, lessons.all.size());
  if (!lesson) return fail(lesson.error());
  lessons.all.push_back(std::move(*lesson));
}

void on_copy(Lessons& lessons, mail* source, mail* copy) {
  if (is_delivery(*copy->box)) return;
  training::Event event;
  event.from = role_of(source->box);
  event.to = role_of(copy->box);
  const auto kind = training::taught_by(event.from, event.to);
  if (!kind) return;
  event.kind = *kind;
  const mail_save_context* const saving = copy->transaction->save_ctx;
  event.source = saving != nullptr && saving->moving ? Source::move : Source::copy;
  learn(lessons, source, std::move(event));
}

void on_save(Lessons& lessons, mail* saved) {
  if (is_delivery(*saved->box)) return;
  training::Event event;
  event.to = role_of(saved->box);
  if (event.to != Role::junk) return;
  event.kind = Kind::spam;
  event.source = Source::append;
  learn(lessons, saved, std::move(event));
}

// RFC 9051 §2.3.2: $Junk and $NotJunk exclude one another; both at once say nothing.
void on_keywords(Lessons& lessons, mail* mail, const char* const* before) {
  const char* const* const now = mail_get_keywords(mail);
  const auto is_new = [&](const char* keyword) {
    return str_array_icase_find(now, keyword) && !str_array_icase_find(before, keyword);
  };
  const bool is_spam = is_new("$Junk");
  if (is_spam == is_new("$NotJunk")) return;
  training::Event event;
  event.kind = is_spam ? Kind::spam : Kind::ham;
  event.source = Source::keyword;
  event.from = event.to = role_of(mail->box);
  learn(lessons, mail, std::move(event));
}

void commit(Lessons& lessons) {
  if (lessons.lost > 0) {
    e_error(lessons.user.event, "postern_train: %zu message(s) not learned: %s", lessons.lost,
            lessons.problem.c_str());
  }
  Outbox* const outbox = train_user(&lessons.user)->outbox;
  if (outbox != nullptr && !lessons.all.empty()) outbox->send(std::exchange(lessons.all, {}));
}

void finish(mail_user* user) {
  TrainUser* const ours = train_user(user);
  const std::unique_ptr<Outbox> outbox(std::exchange(ours->outbox, nullptr));
  if (outbox) outbox->finish();
}

}  // namespace

// What Dovecot calls.
extern "C" {

static void* begin_transaction(mailbox_transaction_context* transaction) {
  mail_user* const user = transaction->box->storage->user;
  const TrainUser* const ours = user == nullptr ? nullptr : train_user(user);
  if (ours == nullptr || ours->outbox == nullptr) return nullptr;
  return new (std::nothrow) Lessons(*user);
}

static void mail_copied(void* lessons, mail* source, mail* copy) {
  if (lessons == nullptr) return;
  guarded("copy", [&] { on_copy(*static_cast<Lessons*>(lessons), source, copy); });
}

static void mail_saved(void* lessons, mail* saved) {
  if (lessons == nullptr) return;
  guarded("save", [&] { on_save(*static_cast<Lessons*>(lessons), saved); });
}

static void keywords_updated(void* lessons, mail* mail, const char* const* before) {
  if (lessons == nullptr || is_delivery(*mail->box)) return;
  guarded("keywords", [&] { on_keywords(*static_cast<Lessons*>(lessons), mail, before); });
}

static void transaction_committed(void* context, mail_transaction_commit_changes*) {
  const std::unique_ptr<Lessons> lessons(static_cast<Lessons*>(context));
  if (lessons) guarded("commit", [&] { commit(*lessons); });
}

static void transaction_rolled_back(void* lessons) {
  guarded("rollback", [&] { delete static_cast<Lessons*>(lessons); });
}

static void user_ended(mail_user* user) {
  guarded("logout", [&] { finish(user); });
  train_user(user)->module_ctx.super.deinit(user);
}

static void user_created(mail_user* user) {
  if (!is_users_own(*user)) return;
  guarded("login", [&] {
    auto outbox =
        std::make_unique<Outbox>(dovecot::read_settings(user), [user](const std::string& problem) {
          e_error(user->event, "postern_train: %s", problem.c_str());
        });
    mail_user_vfuncs* const before = user->vlast;
    TrainUser* const ours = p_new(user->pool, TrainUser, 1);
    ours->module_ctx.super = *before;
    user->vlast = &ours->module_ctx.super;
    before->deinit = user_ended;
    ours->outbox = outbox.release();
    MODULE_CONTEXT_SET(user, train_user_module, ours);
  });
}

}  // extern "C"

namespace {

const notify_vfuncs notifications = {
    .mail_transaction_begin = begin_transaction,
    .mail_save = mail_saved,
    .mail_copy = mail_copied,
    .mail_expunge = nullptr,
    .mail_update_flags = nullptr,
    .mail_update_keywords = keywords_updated,
    .mail_transaction_commit = transaction_committed,
    .mail_transaction_rollback = transaction_rolled_back,
    .mailbox_create = nullptr,
    .mailbox_update = nullptr,
    .mailbox_delete_begin = nullptr,
    .mailbox_delete_commit = nullptr,
    .mailbox_delete_rollback = nullptr,
    .mailbox_rename = nullptr,
    .mailbox_set_subscribed = nullptr,
};

mail_storage_hooks make_hooks() {
  mail_storage_hooks hooks{};
  hooks.mail_user_created = user_created;
  return hooks;
}

const mail_storage_hooks hooks = make_hooks();
notify_context* notification = nullptr;

}  // namespace
}  // namespace postern::train

POSTERN_PLUGIN_SYMBOL const char* postern_train_plugin_version;
const char* postern_train_plugin_version = DOVECOT_ABI_VERSION;
POSTERN_PLUGIN_SYMBOL const char* postern_train_plugin_dependencies[];
const char* postern_train_plugin_dependencies[] = {"notify", nullptr};
POSTERN_PLUGIN_SYMBOL void postern_train_plugin_init(module* module);
POSTERN_PLUGIN_SYMBOL void postern_train_plugin_deinit();

void postern_train_plugin_init(module* module) {
  using namespace postern::train;
  mail_storage_hooks_add(module, &hooks);
  notification = notify_register(&notifications);
}

void postern_train_plugin_deinit() {
  using namespace postern::train;
#if DOVECOT_PREREQ(2, 4, 0)
  notify_unregister(&notification);
#else
  notify_unregister(notification);
#endif
  mail_storage_hooks_remove(&hooks);
}
