// Events, replies and header changes of one milter connection.
//
// The stream was compared with a recording of Postfix 3.7.11: macros go out before every event,
// also before each header field and body chunk, and also before an envelope event that the milter
// declined; SMFIC_ABORT follows each message.
#include "bench/milter_client.hpp"

#include <strings.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace postern::bench {
namespace {

constexpr std::uint32_t protocol_version = 6;
constexpr std::uint32_t postfix_actions = 0x1ff;
constexpr std::uint32_t postfix_steps = 0x1fffff;
constexpr std::uint32_t leading_space = 0x100000;  // SMFIP_HDR_LEADSPC
constexpr std::size_t chunk_size = 65535;          // MILTER_CHUNK_SIZE

/// Answers that end an event; nothing for requests and progress.
bool is_answer(char reply, Answer* answer) {
  switch (reply) {
    case 'c': *answer = Answer::go_on; return true;
    case 'a': *answer = Answer::accept; return true;
    case 'd': *answer = Answer::discard; return true;
    case 'r': *answer = Answer::reject; return true;
    case 't': *answer = Answer::tempfail; return true;
    case 'y': *answer = Answer::replycode; return true;
    case '4': *answer = Answer::shutdown; return true;
    default: return false;
  }
}

std::vector<HeaderField>::iterator find_field(std::vector<HeaderField>* header,
                                              std::string_view name, std::uint32_t instance) {
  const std::string wanted(name);
  return std::find_if(header->begin(), header->end(), [&](const HeaderField& field) {
    return ::strcasecmp(field.name.c_str(), wanted.c_str()) == 0 && --instance == 0;
  });
}

void insert_field(std::uint32_t index, HeaderField field, Content* content) {
  const auto place = std::min<std::size_t>(index, content->header.size());
  content->added.push_back(field);
  content->header.insert(std::next(content->header.begin(), static_cast<std::ptrdiff_t>(place)),
                         std::move(field));
}

/// SMFIR_CHGHEADER: changes the named field, deletes it if the value is empty, adds it if absent.
void change_field(std::uint32_t index, HeaderField field, Content* content) {
  const auto found = find_field(&content->header, field.name, std::max(index, 1U));
  ++content->other_changes;
  if (found == content->header.end()) {
    if (!field.value.empty())
      insert_field(std::numeric_limits<std::uint32_t>::max(), field, content);
  } else if (field.value.empty()) {
    content->header.erase(found);
  } else {
    *found = std::move(field);
  }
}

/// A field as the milter wrote it; without LEADSPC the blank behind the colon is ours to add.
HeaderField take_field(std::string_view* data, bool has_leading_space) {
  HeaderField field;
  field.name = take_string(data);
  field.value = take_string(data);
  if (!has_leading_space && !field.value.empty()) field.value.insert(0, 1, ' ');
  return field;
}

void apply_request(const Frame& frame, bool has_leading_space, Content* content) {
  std::string_view data = frame.data;
  switch (frame.command) {
    case 'h':
      insert_field(std::numeric_limits<std::uint32_t>::max(), take_field(&data, has_leading_space),
                   content);
      break;
    case 'i': {
      const std::uint32_t index = take_u32(&data);
      insert_field(index, take_field(&data, has_leading_space), content);
      break;
    }
    case 'm': {
      const std::uint32_t index = take_u32(&data);
      change_field(index, take_field(&data, has_leading_space), content);
      break;
    }
    case 'b':
      content->new_body.append(data);
      content->body = content->new_body;
      break;
    case '+':
    case '2':
    case '-':
    case 'e':
    case 'q': ++content->other_changes; break;
    default: throw WireError(std::string("unknown reply '") + frame.command + "'");
  }
}

}  // namespace

std::string_view to_text(Answer answer) {
  switch (answer) {
    case Answer::go_on: return "continue";
    case Answer::accept: return "accept";
    case Answer::discard: return "discard";
    case Answer::reject: return "reject";
    case Answer::tempfail: return "tempfail";
    case Answer::replycode: return "replycode";
    case Answer::shutdown: return "shutdown";
  }
  return "";
}

void MilterClient::negotiate() {
  std::string offer;
  for (const std::uint32_t number : {protocol_version, postfix_actions, postfix_steps}) {
    append_u32(number, &offer);
  }
  wire_.put_raw('O', offer);
  Frame reply = wire_.receive();
  if (reply.command != 'O') throw WireError("no reply to the option negotiation");
  const std::uint32_t version = take_u32(&reply.data);
  const std::uint32_t actions = take_u32(&reply.data);
  steps_ = take_u32(&reply.data);
  if (version < 2 || version > protocol_version || (actions & ~postfix_actions) != 0 ||
      (steps_ & ~postfix_steps) != 0) {
    throw WireError("the milter wants what was not offered");
  }
  while (!reply.data.empty()) {
    const std::uint32_t stage = take_u32(&reply.data);
    const std::string_view names = take_string(&reply.data);
    if (stage >= stage_count) throw WireError("macro list for an unknown stage");
    macros_.set(static_cast<Stage>(stage), names);
  }
}

Answer MilterClient::connect_and_helo(const MacroSource& source) {
  const MailMessage& message = source.message;
  const bool is_v6 = message.client_ip.find(':') != std::string::npos;
  std::string client = message.client_name;
  client.append(1, '\0').append(is_v6 ? "6" : "4").append("\x9c\x59", 2);  // port 40025
  client.append(is_v6 ? "IPv6:" : "").append(message.client_ip).append(1, '\0');
  Answer answer = send_raw(connect, macros_.values(Stage::connect, source), client);
  if (answer == Answer::go_on) {
    answer = send(helo, macros_.values(Stage::helo, source), {message.helo});
  }
  accepted_connection_ = answer == Answer::accept;
  return answer;
}

Answer MilterClient::envelope(const MacroSource& source) {
  accepted_message_ = accepted_connection_;
  if (accepted_message_) return Answer::go_on;
  const std::string sender = "<" + source.message.mail_from + ">";
  Answer answer = send(mail, macros_.values(Stage::mail, source), {sender});
  for (const std::string& address : source.message.rcpt) {
    if (answer != Answer::go_on) break;
    const MacroSource at_rcpt{source.message, source.queue_id, address};
    answer = send(rcpt, macros_.values(Stage::rcpt, at_rcpt), {"<" + address + ">"});
  }
  if (answer == Answer::go_on) answer = send(data, macros_.values(Stage::data, source), {});
  accepted_message_ = answer == Answer::accept;
  return answer;
}

Answer MilterClient::content(const MacroSource& source, Content* content) {
  if (accepted_message_) return Answer::accept;
  skip_body_ = false;
  const std::string macros = macros_.values(Stage::end_of_message, source);
  Answer answer = headers(source, *content);
  if (answer == Answer::go_on) answer = body(macros, content->body);
  if (answer != Answer::go_on) return answer;
  content->new_body.clear();
  wire_.put_raw('D', end_of_message.command + macros);
  wire_.put_raw(end_of_message.command, {});
  return await_answer(content);
}

void MilterClient::abort_message() {
  if (!accepted_connection_) wire_.put_raw('A', {});
}

void MilterClient::quit() {
  wire_.put_raw('Q', {});
  wire_.flush();
}

Answer MilterClient::send(const Event& event, std::string_view macros,
                          std::initializer_list<std::string_view> strings) {
  std::string bytes;
  for (const std::string_view text : strings) bytes.append(text).append(1, '\0');
  return send_raw(event, macros, bytes);
}

Answer MilterClient::send_raw(const Event& event, std::string_view macros, std::string_view bytes) {
  std::string with_stage(1, event.command);
  wire_.put_raw('D', with_stage.append(macros));
  if (!wants(event)) return Answer::go_on;
  wire_.put_raw(event.command, bytes);
  return (steps_ & event.no_reply) != 0 ? Answer::go_on : await_answer(nullptr);
}

Answer MilterClient::headers(const MacroSource& source, const Content& content) {
  const std::string macros = macros_.values(Stage::end_of_headers, source);
  const bool keep_blank = (steps_ & leading_space) != 0;
  for (const HeaderField& field : content.header) {
    if (!wants(header)) break;
    std::string_view value = field.value;
    if (!keep_blank && !value.empty() && value.front() == ' ') value.remove_prefix(1);
    const Answer answer = send(header, macros, {field.name, value});
    if (answer != Answer::go_on) return answer;
  }
  return wants(end_of_headers) ? send(end_of_headers, macros, {}) : Answer::go_on;
}

Answer MilterClient::body(std::string_view macros, std::string_view bytes) {
  if (!wants(body_chunk)) return Answer::go_on;
  for (std::size_t at = 0; at < bytes.size() && !skip_body_; at += chunk_size) {
    const Answer answer = send_raw(body_chunk, macros, bytes.substr(at, chunk_size));
    if (answer != Answer::go_on) return answer;
  }
  return Answer::go_on;
}

/// Reads replies up to the answer. \param content null unless changes are allowed now.
Answer MilterClient::await_answer(Content* content) {
  for (;;) {
    const Frame frame = wire_.receive();
    Answer answer = Answer::go_on;
    if (is_answer(frame.command, &answer)) return answer;
    if (frame.command == 's') {  // SMFIR_SKIP: enough of the body
      skip_body_ = true;
      return Answer::go_on;
    }
    if (frame.command == 'p') continue;
    if (content == nullptr) throw WireError("a change before the end of the message");
    apply_request(frame, (steps_ & leading_space) != 0, content);
  }
}

}  // namespace postern::bench
