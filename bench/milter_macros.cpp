// Values of the macros, and Postfix's lists of them.
#include "bench/milter_macros.hpp"

namespace postern::bench {
namespace {

constexpr std::string_view separators = " ,\t";

std::string_view after_at(std::string_view mailbox) {
  const std::size_t at = mailbox.rfind('@');
  return at == std::string_view::npos ? "" : mailbox.substr(at + 1);
}

/// What Postfix knows from the connection on.
std::string connection_value(std::string_view name, const MailMessage& message) {
  if (name == "j" || name == "{daemon_name}") return "mx.bench.example.org";
  if (name == "v") return "Postfix 3.7.11";
  if (name == "{daemon_addr}") return "192.0.2.250";
  if (name == "{daemon_port}") return "25";
  if (name == "{client_addr}") return message.client_ip;
  if (name == "{client_port}") return "40025";
  if (name == "{client_name}" || name == "{client_ptr}") return message.client_name;
  if (name == "{client_connections}") return "0";
  if (name == "_") return message.client_name + " [" + message.client_ip + "]";
  return "";
}

std::string mail_value(std::string_view name, const MailMessage& message) {
  if (name == "{mail_addr}") return message.mail_from;
  if (name == "{mail_host}") return std::string(after_at(message.mail_from));
  if (name == "{mail_mailer}") return "smtp";
  return "";
}

std::string rcpt_value(std::string_view name, std::string_view rcpt) {
  if (name == "{rcpt_addr}") return std::string(rcpt);
  if (name == "{rcpt_host}") return std::string(after_at(rcpt));
  if (name == "{rcpt_mailer}") return "virtual";
  return "";
}

std::string value(std::string_view name, Stage stage, const MacroSource& source) {
  // The queue file is opened between RCPT and DATA: before, there is no queue id.
  if (name == "i") return stage < Stage::data ? "" : std::string(source.queue_id);
  std::string found = connection_value(name, source.message);
  if (found.empty() && stage >= Stage::mail) found = mail_value(name, source.message);
  if (found.empty() && stage >= Stage::rcpt) found = rcpt_value(name, source.rcpt);
  return found;
}

}  // namespace

MacroLists::MacroLists() {
  set(Stage::connect, "j {daemon_name} {daemon_addr} v _");
  set(Stage::helo, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}");
  set(Stage::mail,
      "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}");
  set(Stage::rcpt, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}");
  for (const Stage stage : {Stage::data, Stage::end_of_headers, Stage::end_of_message}) {
    set(stage, "i");
  }
}

void MacroLists::set(Stage stage, std::string_view names) {
  std::vector<std::string> list;
  std::size_t at = names.find_first_not_of(separators);
  while (at != std::string_view::npos) {
    const std::size_t end = names.find_first_of(separators, at);
    list.emplace_back(names.substr(at, end - at));
    at = names.find_first_not_of(separators, end);
  }
  if (!list.empty()) names_.at(static_cast<std::size_t>(stage)) = std::move(list);
}

std::string MacroLists::values(Stage stage, const MacroSource& source) const {
  std::string text;
  for (const std::string& name : names_.at(static_cast<std::size_t>(stage))) {
    const std::string found = value(name, stage, source);
    if (found.empty()) continue;
    text.append(name).append(1, '\0').append(found).append(1, '\0');
  }
  return text;
}

}  // namespace postern::bench
