#include "dovecot-plugins/common/dovecot.hpp"

#include "dovecot-plugins/common/guarded.hpp"
#include "dovecot-plugins/common/message_text.hpp"
#include "dovecot-plugins/common/outbox.hpp"
#include "dovecot-plugins/sieve/verdict.h"
#include "lib/io/training/event_id.hpp"
#include "lib/training/event.hpp"

namespace postern::dovecot {
namespace {

void report(mail_user& user, mail* mail, training::Kind kind) {
  const auto complain = [&user](const std::string& problem) {
    e_error(user.event, "postern_report: %s", problem.c_str());
  };
  Outbox outbox(read_settings(&user), complain);
  const auto text = read_message(mail, outbox.settings().max_size);
  if (!text) return complain(text.error());
  training::Event event;
  event.kind = kind;
  event.source = training::Source::sieve;
  event.time = io::event_time();
  event.id = io::next_event_id(event.time);
  event.user = user.username;
  event.is_cut = text->is_cut;
  auto lesson = outbox.hold(event, text->octets, 0);
  if (!lesson) return complain(lesson.error());
  std::vector<Lesson> lessons;
  lessons.push_back(std::move(*lesson));
  outbox.send(std::move(lessons));
  outbox.finish();
}

}  // namespace
}  // namespace postern::dovecot

void postern_report(mail_user* user, mail* mail, bool is_spam) {
  using postern::training::Kind;
  postern::dovecot::guarded("postern_report", [&] {
    postern::dovecot::report(*user, mail, is_spam ? Kind::spam : Kind::ham);
  });
}
