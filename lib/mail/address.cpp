#include "lib/mail/address.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/mail/address_lexer.hpp"
#include "lib/mail/mailbox.hpp"

namespace postern::mail {
namespace {

// Cuts a list into members and reads each of them.
class ListReader {
 public:
  ListReader(std::string_view text, const Limits& limits)
      : text_(text), limits_(limits), lexer_(text) {
    list_.defects = octet_defects(text);
  }

  AddressList read() {
    while (!is_full()) {
      const Token token = lexer_.next();
      if (token.kind == TokenKind::end) break;
      if (!ends_member(token)) add(token);
    }
    end_member();
    if (group_ != no_group || lexer_.has_unclosed()) list_.defects.add(Defect::unclosed);
    return std::move(list_);
  }

 private:
  // Whether the limit ended the list. It is noted only if something is left unread.
  bool is_full() {
    const std::size_t members =
        list_.mailboxes.size() + list_.unreadable.size() + list_.groups.size();
    if (members < limits_.addresses) return false;
    tokens_.clear();
    AddressLexer rest = lexer_;
    if (rest.next().kind != TokenKind::end) list_.limits.add(Limit::addresses);
    return true;
  }

  void add(const Token& token) {
    if (token.is('<')) is_in_angle_ = true;
    if (token.is('>')) is_in_angle_ = false;
    if (token_count_++ == 0) begin_ = lexer_.offset() - token.raw.size();
    end_ = lexer_.offset();
    if (token_count_ <= limits_.member_tokens) tokens_.push_back(token);
  }

  // Handles "," and the ":" and ";" of a group; any other place of them is part of a member.
  bool ends_member(const Token& token) {
    if (is_in_angle_) return false;
    if (token.is(',')) {
      if (tokens_.empty() && !after_group_) list_.defects.add(Defect::empty_member);
      end_member();
      after_group_ = false;
      return true;
    }
    if (token.is(':') && group_ == no_group && is_phrase()) {
      group_ = list_.groups.size();
      list_.groups.push_back(phrase_text(tokens_));
      start_member();
      return true;
    }
    if (token.is(';') && group_ != no_group) {
      end_member();
      group_ = no_group;
      after_group_ = true;
      return true;
    }
    return false;
  }

  [[nodiscard]] bool is_phrase() const {
    return !after_group_ && !tokens_.empty() && token_count_ <= limits_.member_tokens &&
           std::all_of(tokens_.begin(), tokens_.end(), [](const Token& token) {
             return token.kind == TokenKind::atom || token.kind == TokenKind::quoted;
           });
  }

  void start_member() {
    tokens_.clear();
    token_count_ = 0;
    lexer_.forget_comment();
    is_in_angle_ = false;
  }

  void end_member() {
    if (!tokens_.empty()) {
      const std::string_view raw = text_.substr(begin_, end_ - begin_);
      const bool is_cut = token_count_ > limits_.member_tokens;
      if (is_cut) list_.limits.add(Limit::member_tokens);
      // What follows a group without a comma may be meant as anything.
      std::optional<Mailbox> mailbox;
      if (!is_cut && !after_group_) mailbox = parse_mailbox(tokens_, lexer_.last_comment());
      if (mailbox) {
        keep(std::move(*mailbox), raw);
      } else {
        list_.unreadable.push_back(raw);
      }
    }
    start_member();
  }

  void keep(Mailbox mailbox, std::string_view raw) {
    mailbox.group = group_;
    mailbox.raw = raw;
    mailbox.defects.add(octet_defects(mailbox.local_part));
    mailbox.defects.add(octet_defects(mailbox.domain));
    list_.defects.add(mailbox.defects);
    list_.mailboxes.push_back(std::move(mailbox));
  }

  std::string_view text_;
  const Limits& limits_;
  AddressLexer lexer_;
  AddressList list_;
  std::vector<Token> tokens_;    // of the member being read, as far as the limit goes
  std::size_t token_count_ = 0;  // of that member, all of them
  std::size_t begin_ = 0;        // of its first token
  std::size_t end_ = 0;          // of its last one
  std::size_t group_ = no_group;
  bool is_in_angle_ = false;
  bool after_group_ = false;  // between ";" and the next ","
};

constexpr bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f;
}

bool is_atext(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return ascii::is_alnum(c) || others.find(c) != others.npos || static_cast<unsigned char>(c) > 127;
}

bool is_dot_atom(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += is_control(c) ? '?' : c;
  }
  return quoted += '"';
}

}  // namespace

AddressList parse_address_list(std::string_view text, const Limits& limits) {
  return ListReader(text, limits).read();
}

std::string format(const Mailbox& mailbox) {
  const std::string local_part =
      is_dot_atom(mailbox.local_part) ? mailbox.local_part : quote(mailbox.local_part);
  std::string address = local_part + "@" + mailbox.domain;
  std::replace_if(address.begin(), address.end(), is_control, '?');
  if (mailbox.display_name.empty()) return address;
  return quote(mailbox.display_name) + " <" + address + ">";
}

}  // namespace postern::mail
