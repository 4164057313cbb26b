#include "cli/doctor_lesson.hpp"

#include <thread>

#include "cli/learn_support.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/probe/lesson.hpp"
#include "lib/io/training/learner_directory.hpp"
#include "lib/training/digest.hpp"
#include "lib/training/line_ends.hpp"

namespace postern::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{15};  // the learner looks into its spool every ten
constexpr std::chrono::milliseconds pause{20};

// How long it took until one more message of spam was learned.
Expected<std::optional<std::chrono::milliseconds>, std::string> wait_for_count(
    store::Store& store, const std::string& user, std::int64_t before) {
  const auto begin = Clock::now();
  while (Clock::now() - begin < patience) {
    const auto counts = learned(store, user);
    if (!counts) return Unexpected<std::string>(counts.error());
    if (counts->spam > before) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    }
    std::this_thread::sleep_for(pause);
  }
  return std::nullopt;
}

Expected<void, std::string> take_back(const OpenSite& site, const std::string& user,
                                      const std::string& message) {
  training::Event event;
  event.user = user;
  const io::OpensslCrypto crypto;
  event.hash = training::digest_of(training::with_line_ends(message), crypto);
  const auto done = run(*site.store, training::unlearn_operations(event));
  if (!done) return Unexpected<std::string>(done.error());
  const auto directory = io::LearnerDirectory::open(site.site->learner.directory, false);
  if (directory) directory->forget(user, event.hash);
  return {};
}

}  // namespace

doctor::LessonResult try_lesson(const DoctorOptions& options, const io::ImapLogin& login,
                                const std::string& message) {
  doctor::LessonResult result;
  result.user = login.user;
  const auto open = open_site(options.config_file);
  if (!open) {
    result.not_tried = "what is learned cannot be read: " + open.error();
    return result;
  }
  const auto before = learned(*open->store, login.user);
  if (!before) {
    result.not_tried = "what is learned cannot be read: " + before.error();
    return result;
  }
  const auto moved = io::move_into_junk(login, message, options.timeout(), [&](const auto& junk) {
    result.mailbox = junk;
    const auto waited = wait_for_count(*open->store, login.user, before->spam);
    if (!waited) {
      result.broken = waited.error();
      return;
    }
    result.learned_after = *waited;
    if (!*waited) return;
    const auto taken_back = take_back(*open, login.user, message);
    if (!taken_back) result.broken = taken_back.error();
  });
  if (!moved) result.broken = moved.error();
  return result;
}

}  // namespace postern::cli
