#include "tests/oracles/message_generator.hpp"

#include <array>
#include <random>
#include <string_view>

#include "lib/base/base64.hpp"

namespace postern::oracle {
namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t number)
      : random_(number), eol_(number % 2 == 0 ? "\r\n" : "\n") {}

  std::string message() { return top_fields() + entity(0); }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  template <std::size_t size>
  std::string pick(const std::array<std::string_view, size>& choices) {
    return std::string(choices.at(below(size)));
  }

  std::string field(const std::string& name, const std::string& body) {
    return name + ": " + body + eol_;
  }

  std::string fold() { return below(3) == 0 ? eol_ + "\t" : " "; }

  std::string top_fields() {
    constexpr std::array<std::string_view, 7> subjects = {"plain",
                                                          "",
                                                          "=?utf-8?Q?gr=C3=BC=C3=9Fe?=",
                                                          "=?iso-8859-1?B?5PY=?= and more",
                                                          "=?utf-8?B?w6Qh?= =?utf-8?B?w7Yh?=",
                                                          "a =?us-ascii?q?b_c?= d",
                                                          "=?windows-1252?q?=80_5?="};
    constexpr std::array<std::string_view, 4> dates = {
        "Mon, 01 Jan 2024 10:00:00 +0000", "29 Feb 2020 23:59:59 -0330",
        "Tue, 5 Mar 2019 07:08:09 GMT", "Sat, 31 Dec 2016 12:00:00 EST"};
    return field("From", "a@example.org") + field("To", addresses()) +
           field("Subject", pick(subjects)) + field("Date", pick(dates)) +
           field("X-Folded", "a" + fold() + "b" + fold() + "c") + field("MIME-Version", "1.0");
  }

  std::string addresses() {
    constexpr std::array<std::string_view, 8> mailboxes = {
        "a@example.org",
        "John Doe <j.doe@example.org>",
        "\"Doe, \\\"John\\\"\" <j@example.org>",
        "=?utf-8?Q?J=C3=BCrgen?= <j@example.org>",
        "Team: a@x.example, B <b@x.example>;",
        "<a.b+c@sub.example.org>",
        "\"quoted local\"@example.org",
        "a@[192.0.2.1]"};
    std::string list = pick(mailboxes);
    for (unsigned i = below(4); i > 0; --i) list += "," + fold() + pick(mailboxes);
    return list;
  }

  // The MIME fields and the body of one entity.
  std::string entity(unsigned depth) {
    const unsigned kind = below(depth < 4 ? 6 : 4);
    if (kind == 5) return multipart(depth);
    if (kind == 4) {
      return field("Content-Type", "message/rfc822") + eol_ + top_fields() + entity(depth + 1);
    }
    return leaf();
  }

  std::string multipart(unsigned depth) {
    const std::string boundary = "=_" + std::to_string(next_boundary_++) + "_b";
    std::string text =
        field("Content-Type", "multipart/mixed;" + fold() + "boundary=\"" + boundary + "\"");
    text += eol_;
    if (below(2) == 0) text += "preamble" + eol_;
    for (unsigned i = 1 + below(3); i > 0; --i) {
      text += "--" + boundary + (below(4) == 0 ? " " : "") + eol_;
      text += below(6) == 0 ? eol_ + "plain" + eol_ : entity(depth + 1);
    }
    text += "--" + boundary + "--" + eol_;
    if (below(3) == 0) text += "epilogue" + eol_;
    return text;
  }

  std::string content() {
    std::string bytes;
    for (unsigned i = below(120); i > 0; --i) {
      constexpr std::string_view alphabet = "abc=.- \xc3\xbc";
      bytes += alphabet[below(alphabet.size())];
      if (below(20) == 0) bytes += "x" + eol_;
    }
    return bytes + "z";
  }

  std::string quoted_printable(const std::string& bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
      const auto octet = static_cast<unsigned char>(c);
      const bool is_safe = c == '\r' || c == '\n' || (octet > 32 && octet < 127 && c != '=');
      if (is_safe) {
        text += c;
      } else {
        text += std::string("=") + digits[octet >> 4] + digits[octet & 15];
      }
      if (is_safe && c == 'a') text += "=" + eol_;  // soft line break
    }
    return text;
  }

  std::string leaf() {
    constexpr std::array<std::string_view, 7> types = {
        "text/plain; charset=utf-8",
        "TEXT/Html",
        "application/octet-stream; name=\"a b.bin\"",
        "image/png; name*=utf-8''%C3%BC.png",
        "application/pdf; name*0=long; name*1=\"er.pdf\"",
        "text/plain; charset=us-ascii; format=flowed",
        "application/x-y; name*0*=iso-8859-1''%FC; name*1=x"};
    constexpr std::array<std::string_view, 4> dispositions = {
        "inline", "attachment", "attachment; filename=\"=?utf-8?Q?=C3=BC?=.txt\"",
        "attachment; filename=a.txt"};
    std::string text = field("Content-Type", pick(types));
    if (below(2) == 0) text += field("Content-Disposition", pick(dispositions));
    const std::string bytes = content();
    switch (below(3)) {
      case 0:
        return text + field("Content-Transfer-Encoding", "base64") + eol_ + encode_base64(bytes) +
               eol_;
      case 1:
        return text + field("Content-Transfer-Encoding", "Quoted-Printable") + eol_ +
               quoted_printable(bytes) + eol_;
      default: return text + eol_ + bytes + eol_;
    }
  }

  std::mt19937 random_;
  std::string eol_;
  unsigned next_boundary_ = 0;
};

}  // namespace

std::string generate_message(std::uint32_t number) {
  return Generator(number).message();
}

}  // namespace postern::oracle
