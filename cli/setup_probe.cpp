#include "cli/setup_probe.hpp"

#include <unistd.h>

#include <chrono>
#include <thread>

#include "cli/doctor_network.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/probe/smtp.hpp"
#include "lib/io/setup/dovecot_files.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_patience = 30s;
constexpr auto delivery_patience = 30s;
constexpr unsigned first_failure = 400;

std::string message(const std::string& recipient, const std::string& message_id) {
  const std::string host = io::host_name();
  return "From: Postern <postmaster@" + host + ">\r\nTo: <" + recipient +
         ">\r\nSubject: Postern is set up\r\nMessage-ID: " + message_id +
         // Postfix adds the date, as to all local mail without one.
         "\r\nAuto-Submitted: auto-generated\r\n\r\n"
         "This message shows that mail still arrives. Nothing is to be done.\r\n";
}

// "2.0.0 Ok: queued as ABC123" -> "ABC123".
std::string queue_id(const std::string& reply) {
  constexpr std::string_view mark = "queued as ";
  const std::size_t at = reply.find(mark);
  if (at == reply.npos) return "";
  const std::string rest = reply.substr(at + mark.size());
  return rest.substr(
      0, rest.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

bool is_queued(const SetupOptions& options, const std::string& id, std::string& why) {
  std::vector<std::string> words = {"postqueue"};
  const std::string& directory = options.places.postfix_directory;
  if (!directory.empty()) words.insert(words.end(), {"-c", directory});
  words.emplace_back("-j");
  const auto queue = io::run_command(words, answer_patience);
  if (!queue) return false;
  const std::size_t at = queue->find("\"queue_id\": \"" + id + "\"");
  if (at == queue->npos) return false;
  constexpr std::string_view mark = "\"delay_reason\": \"";
  const std::size_t line_end = queue->find('\n', at);
  const std::size_t reason = queue->find(mark, at);
  if (reason < line_end) {
    const std::size_t begin = reason + mark.size();
    why = queue->substr(begin, std::min(queue->find('"', begin), line_end) - begin);
  }
  return true;
}

SetupProbe wait_in_queue(const SetupOptions& options, const std::string& id) {
  const auto end = std::chrono::steady_clock::now() + delivery_patience;
  std::string why;
  while (is_queued(options, id, why)) {
    if (!why.empty() || std::chrono::steady_clock::now() >= end) {
      return {Arrival::queued,
              "it waits in the queue (" + id + ")" + (why.empty() ? "" : ": ") + why};
    }
    std::this_thread::sleep_for(200ms);
  }
  return {Arrival::left_queue, "it was accepted, and has left the queue (" + id + ")"};
}

}  // namespace

std::string_view to_word(Arrival arrival) {
  switch (arrival) {
    case Arrival::refused: return "refused";
    case Arrival::queued: return "queued";
    case Arrival::left_queue: return "left the queue";
    case Arrival::in_mailbox: return "in the mailbox";
  }
  return "";
}

SetupProbe send_setup_probe(const SetupOptions& options, const std::string& recipient, bool keeps) {
  static int number = 0;
  const std::string id = "<postern" + std::to_string(io::seconds_since_epoch()) + "x" +
                         std::to_string(::getpid()) + "x" + std::to_string(++number) + "@" +
                         io::host_name() + ">";
  const auto server = parse_host_port(options.smtp);
  if (!server) return {Arrival::refused, "--smtp: " + server.error()};
  io::SmtpJob job;
  job.server = server->address;
  job.port = server->port;
  job.helo = io::host_name();
  job.recipient = recipient;
  job.message = message(recipient, id);
  const auto answer = io::send_mail(job, answer_patience);
  if (!answer) return {Arrival::refused, answer.error()};
  if (answer->code >= first_failure) {
    return {Arrival::refused,
            std::to_string(answer->code) + " " + answer->text + " (after " + answer->stage + ")"};
  }
  const SetupProbe queue = wait_in_queue(options, queue_id(answer->text));
  const std::string& dovecot = options.places.dovecot_file;
  if (queue.arrival != Arrival::left_queue || !io::mail_owner(dovecot, recipient)) return queue;
  if (!io::wait_for_message(dovecot, recipient, id, 5s)) return queue;
  if (!keeps) io::expunge_message(dovecot, recipient, id);
  return {Arrival::in_mailbox, "it is in the mailbox of " + recipient};
}

}  // namespace postern::cli
