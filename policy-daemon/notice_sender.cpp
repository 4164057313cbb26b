#include "policy-daemon/notice_sender.hpp"

#include <algorithm>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/probe/smtp.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/policy/notice_message.hpp"

namespace postern {
namespace {

constexpr std::size_t max_letters = 200;
constexpr unsigned max_tries = 60;
constexpr std::chrono::seconds try_interval{60};
constexpr std::chrono::seconds smtp_timeout{30};

}  // namespace

NoticeSender::NoticeSender(io::Log& log, NoticeRoute route)
    : log_(log), route_(std::move(route)), thread_([this] { work(); }) {}

NoticeSender::~NoticeSender() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  arrival_.notify_one();
  thread_.join();
  for (const Letter& letter : letters_) {
    log_.write(event::notice_lost, io::Log::line(event::notice_lost)
                                       .add("login", letter.login)
                                       .add("recipient", letter.recipient)
                                       .add("problem", "the daemon stops"));
  }
}

void NoticeSender::send(const Notice& notice) {
  const event::Event& event =
      notice.topic == Notice::Topic::quota ? event::quota_notice : event::brake_on;
  log_.write(event, io::Log::line(event).add("login", notice.login).add("subject", notice.subject));
  std::string postmaster;
  {
    const std::lock_guard lock(mutex_);
    if (route_.server.empty()) return;
    postmaster = route_.postmaster;
  }
  if (!notice.postmaster_text.empty()) {
    add({notice.login, postmaster, notice.subject, notice.postmaster_text});
  }
  if (!notice.owner_text.empty() && !notice.owner.empty()) {
    add({notice.login, notice.owner, notice.subject, notice.owner_text});
  }
}

void NoticeSender::reroute(NoticeRoute route) {
  const std::lock_guard lock(mutex_);
  route_ = std::move(route);
}

void NoticeSender::add(Letter letter) {
  {
    const std::lock_guard lock(mutex_);
    if (letters_.size() >= max_letters) letters_.pop_front();
    letters_.push_back(std::move(letter));
  }
  arrival_.notify_one();
}

void NoticeSender::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto next =
        std::min_element(letters_.begin(), letters_.end(),
                         [](const Letter& a, const Letter& b) { return a.due < b.due; });
    if (next == letters_.end()) {
      arrival_.wait(lock);
    } else if (next->due > Clock::now()) {
      arrival_.wait_until(lock, next->due);
    } else {
      Letter letter = std::move(*next);
      letters_.erase(next);
      const NoticeRoute route = route_;
      lock.unlock();
      deliver(std::move(letter), route);
      lock.lock();
    }
  }
}

void NoticeSender::deliver(Letter letter, const NoticeRoute& route) {
  const auto server = policy::parse_notice_server(route.server);
  if (!server) return;  // notices have been switched off
  io::SmtpJob job;
  job.server = server->address;
  job.port = server->port;
  job.helo = route.host_name;
  job.mail_from = route.postmaster;
  job.recipient = letter.recipient;
  job.message = policy::notice_message(
      {route.postmaster, letter.recipient, letter.subject, letter.text, route.host_name},
      io::wall_clock());
  const auto answer = io::send_mail(job, smtp_timeout);
  if (answer && answer->code < 400) return;
  const bool is_final = answer && answer->code >= 500;
  if (is_final || ++letter.tries >= max_tries) {
    auto line = io::Log::line(event::notice_lost);
    line.add("login", letter.login).add("recipient", letter.recipient);
    line.add("problem", answer ? answer->stage + ": " + answer->text : answer.error());
    log_.write(event::notice_lost, line);
    return;
  }
  letter.due = Clock::now() + try_interval;
  add(std::move(letter));
}

}  // namespace postern
