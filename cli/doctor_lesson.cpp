#include "cli/doctor_lesson.hpp"

#include <set>
#include <thread>

#include "cli/learn_support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/probe/lesson.hpp"
#include "lib/io/training/learner_directory.hpp"
#include "lib/training/digest.hpp"
#include "lib/training/line_ends.hpp"

namespace postern::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{15};  // the learner looks into its spool every ten
constexpr std::chrono::seconds keeping{2};    // it keeps a message just after it has counted it
constexpr std::chrono::milliseconds pause{50};

// Calls `look` until it finds something, or until time is up.
template <typename Look>
auto look_until(Clock::time_point end, Look look) -> decltype(look()) {
  while (true) {
    auto found = look();
    if (found || Clock::now() >= end) return found;
    std::this_thread::sleep_for(pause);
  }
}

// Looks for the message, and not for a counter that others may move.
class Lesson {
 public:
  Lesson(const OpenSite& site, const io::LearnerDirectory& directory, std::string login,
         const std::string& message)
      : site_(site), directory_(directory), login_(std::move(login)) {
    const io::OpensslCrypto crypto;
    event_.kind = training::Kind::spam;
    event_.hash = training::digest_of(training::with_line_ends(message), crypto);
  }

  // Whether it is learned for the user, under the name that Dovecot has for the login.
  [[nodiscard]] bool is_learned() {
    std::set<std::string> names = {login_, ascii::to_lower(login_)};
    if (const auto all = learners(*site_.store)) {
      for (const training::UserEntry& entry : *all) names.insert(entry.user);
    }
    for (const std::string& name : names) {
      const auto results = run(*site_.store, {training::state_lookup(name, event_.hash)});
      if (!results) continue;
      const auto* value = std::get_if<store::Value>(&results->front());
      if (value == nullptr || !value->value) continue;
      event_.user = name;
      return true;
    }
    return false;
  }

  [[nodiscard]] Expected<void, std::string> take_back() const {
    look_until(Clock::now() + keeping, [&] { return directory_.forget(event_.user, event_.hash); });
    const auto done = run(*site_.store, training::unlearn_operations(event_));
    if (!done) return Unexpected<std::string>(done.error());
    return {};
  }

  [[nodiscard]] const std::string& user() const { return event_.user; }

 private:
  const OpenSite& site_;
  const io::LearnerDirectory& directory_;
  const std::string login_;
  training::Event event_;
};

// Waits for the learner, and has it forget again.
void follow(Lesson& lesson, doctor::LessonResult& result) {
  const auto begin = Clock::now();
  if (!look_until(begin + patience, [&] { return lesson.is_learned(); })) return;
  result.learned_after =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  result.user = lesson.user();
  const auto taken_back = lesson.take_back();
  if (!taken_back) result.broken = taken_back.error();
}

}  // namespace

doctor::LessonResult try_lesson(const DoctorOptions& options, const io::ImapLogin& login,
                                const doctor::ProbeMail& mail) {
  doctor::LessonResult result;
  result.user = login.user;
  const auto open = open_site(options.config_file);
  if (!open) {
    result.not_tried = "what is learned cannot be read: " + open.error();
    return result;
  }
  const auto directory = io::LearnerDirectory::open(open->site->learner.directory, false);
  if (!directory) {
    result.not_tried = "no learner has run here: " + directory.error();
    return result;
  }
  Lesson lesson(*open, *directory, login.user, mail.text);
  const auto moved = io::move_into_junk(login, {mail.message_id, mail.text}, options.timeout(),
                                        [&](const std::string& junk) {
                                          result.mailbox = junk;
                                          follow(lesson, result);
                                        });
  if (!moved) result.broken = moved.error();
  return result;
}

}  // namespace postern::cli
