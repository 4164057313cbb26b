#include "tests/support/dkim_message.hpp"

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::test {

mail::HeaderSection Message::header() const {
  std::vector<mail::HeaderField> views;
  for (const std::string& text : fields) {
    const std::string_view raw(text);
    const std::size_t colon = raw.find(':');
    std::string_view name = raw.substr(0, colon);
    while (!name.empty() && ascii::is_blank(name.back())) name.remove_suffix(1);
    const std::size_t start = colon == raw.npos ? raw.size() : colon + 1;
    views.push_back({raw, name, raw.substr(start)});
  }
  return mail::HeaderSection(std::move(views));
}

Message parse_message(std::string_view text) {
  Message message;
  while (!text.empty()) {
    std::size_t end = text.find("\r\n");
    if (end == 0) {
      message.body = std::string(text.substr(2));
      break;
    }
    while (end != text.npos && end + 2 < text.size() && ascii::is_blank(text[end + 2])) {
      end = text.find("\r\n", end + 2);
    }
    message.fields.emplace_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 2);
  }
  return message;
}

std::string with_crlf(std::string_view text) {
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) lines += '\r';
    lines += text[i];
  }
  return lines;
}

dns::Answer text_answer(std::vector<std::string> texts) {
  dns::Answer answer;
  answer.status = dns::Status::success;
  answer.texts = std::move(texts);
  return answer;
}

void answer(const KeyZone& zone, const dns::Questions& questions, dns::Answers& answers) {
  for (const dns::Question& question : questions) {
    const auto found = zone.find(question.name);
    dns::Answer nothing;
    nothing.status = dns::Status::nxdomain;
    answers.add(question, found == zone.end() ? nothing : found->second);
  }
}

std::optional<std::string> ascii_domain(std::string_view domain) {
  auto name = dns::parse_domain(domain);
  if (!name) return std::nullopt;
  return *name;
}

std::vector<dkim::Outcome> verify(const Message& message, const KeyZone& zone,
                                  const dkim::Crypto& crypto, std::int64_t now,
                                  const dkim::Limits& limits) {
  const mail::HeaderSection header = message.header();
  dkim::BodyHasher body(crypto);
  const dkim::Verifier verifier(header, crypto, ascii_domain, body, limits);
  body.update(message.body);
  body.finish();
  dns::Answers answers;
  answer(zone, verifier.questions(), answers);
  const auto evaluation = verifier.verify(answers, now);
  return evaluation.is_done() ? evaluation.result() : std::vector<dkim::Outcome>();
}

}  // namespace postern::test
