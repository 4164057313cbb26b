#include "lib/mail/received.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

// "192.0.2.1" and "IPv6:2001:db8::1", with anything behind that no address has.
std::optional<IpAddress> parse_client_ip(std::string_view text) {
  if (ascii::starts_with_ignoring_case(text, "IPv6:")) text.remove_prefix(5);
  const auto is_other = [](char c) { return ascii::hex_value(c) < 0 && c != '.' && c != ':'; };
  const auto end = std::find_if(text.begin(), text.end(), is_other);
  const auto ip = parse_ip_address(text.substr(0, static_cast<std::size_t>(end - text.begin())));
  if (!ip) return std::nullopt;
  return ip->unmapped();
}

// The first address in brackets.
std::optional<IpAddress> find_bracketed_ip(std::string_view text) {
  for (std::size_t at = text.find('['); at != text.npos; at = text.find('[', at + 1)) {
    const std::size_t end = text.find_first_of("[]", at + 1);
    if (end == text.npos) return std::nullopt;
    if (text[end] != ']') continue;
    if (auto ip = parse_client_ip(text.substr(at + 1, end - at - 1))) return ip;
  }
  return std::nullopt;
}

class ReceivedReader {
 public:
  explicit ReceivedReader(std::string_view text) : text_(text.substr(0, max_received_size)) {}

  Received read() {
    while (at_ < text_.size() && text_[at_] != ';') {
      if (ascii::is_space(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '(') {
        read_comment();
      } else {
        read_word();
      }
    }
    if (at_ < text_.size()) {
      if (const auto date = parse_date(text_.substr(at_ + 1))) result_.date = *date;
    }
    // Exim gives a client without a name like this; elsewhere it is only the word of the client.
    if (!result_.ip) result_.ip = find_bracketed_ip(result_.from);
    return std::move(result_);
  }

 private:
  // "(name [192.0.2.1])", qmail's "(192.0.2.1)", Exim's "([192.0.2.1] helo=name)".
  void read_comment() {
    const Skipped comment = skip_comment(text_, at_);
    const std::size_t end = comment.end - (comment.is_closed ? 1 : 0);
    const std::string_view inside = ascii::trim(text_.substr(at_ + 1, end - at_ - 1));
    at_ = comment.end;
    if (!is_in_from_) return;
    std::optional<IpAddress> ip = find_bracketed_ip(inside);
    if (!ip) {
      if (const auto bare = parse_ip_address(inside)) ip = bare->unmapped();
    }
    if (!result_.ip) result_.ip = ip;
    const std::size_t word_end = std::min(inside.find_first_of(" \t\r\n[("), inside.size());
    const std::string_view word = inside.substr(0, word_end);
    const bool is_name =
        word.find('.') != word.npos && word.find('=') == word.npos && !parse_ip_address(word);
    if (result_.host.empty() && is_name) result_.host = word;
  }

  void read_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ascii::is_space(text_[at_]) && text_[at_] != '(' &&
           text_[at_] != ';') {
      at_ = text_[at_] == '"' ? skip_quoted_string(text_, at_).end : at_ + 1;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (value_ != nullptr) {
      *value_ = word;
      if (value_ == &result_.recipient) strip_brackets(result_.recipient);
      value_ = nullptr;
      return;
    }
    std::string* value = clause(word);
    if (value == nullptr) return;
    is_in_from_ = value == &result_.from;
    if (value->empty()) value_ = value;
  }

  static void strip_brackets(std::string& address) {
    if (address.starts_with('<') && address.ends_with('>')) {
      address = address.substr(1, address.size() - 2);
    }
  }

  // Where the word after this keyword goes, or nullptr if it is none.
  std::string* clause(std::string_view keyword) {
    struct Row {
      std::string_view keyword;
      std::string* value;
    };
    const Row rows[] = {{"from", &result_.from}, {"by", &result_.by}, {"via", &result_.via},
                        {"with", &result_.with}, {"id", &result_.id}, {"for", &result_.recipient}};
    for (const Row& row : rows) {
      if (ascii::equals_ignoring_case(row.keyword, keyword)) return row.value;
    }
    return nullptr;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Received result_;
  std::string* value_ = nullptr;  // what the next word is
  bool is_in_from_ = false;       // comments describe the client
};

}  // namespace

Received parse_received(std::string_view text) {
  return ReceivedReader(text).read();
}

}  // namespace postern::mail
