#include "lib/antispam/report/rewrite.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view headers =
    "Return-Path: <a@example.com>\nX-Spam-Status: No,\n\tforged\nReceived: one\n"
    "Subject:   Hello\nX-Spam-Prev-To: kept\nFrom: a@example.com\n\n";

struct Fixture {
  Options options;
  SpamVerdict verdict;
  [[nodiscard]] std::string rewritten(std::string_view head, std::string_view body,
                                      bool has_crlf = false) const {
    return rewrite_message(
        {head, body, has_crlf},
        {options, verdict, "mx.example.org", "Mon, 30 Nov 2026 12:00:00 +0000", "x", {}},
        0x6a000000, 0x1234abcd);
  }
};

Fixture judged(double score) {
  Fixture f;
  f.options.headers = {{HeaderTemplate::When::all, "Status", "_YESNO_"}};
  f.options.report_template = "It is _YESNO_.\n";
  f.verdict.score = score;
  return f;
}

TEST_CASE("ham gets headers below Return-Path, and loses forged ones") {
  CHECK(judged(1).rewritten(headers, "Text\n") ==
        "Return-Path: <a@example.com>\nX-Spam-Status: No\nReceived: one\nSubject:   Hello\n"
        "X-Spam-Prev-To: kept\nFrom: a@example.com\n\nText\n");
}

TEST_CASE("spam without report_safe has its subject marked, once") {
  Fixture f = judged(9);
  f.options.report_safe = 0;
  f.options.rewrite_headers["subject"] = "[SPAM _SCORE_]";
  f.options.rewrite_headers["from"] = "spam";
  const std::string once = f.rewritten(headers, "Text\n");
  CHECK(
      once ==
      "Return-Path: <a@example.com>\nX-Spam-Status: Yes\nReceived: one\nSubject: [SPAM 9.0] Hello\n"
      "X-Spam-Prev-To: kept\nFrom: (spam) a@example.com\nX-Spam-Prev-Subject:   Hello\n"
      "X-Spam-Prev-From: a@example.com\n\nText\n");
  CHECK(f.rewritten("Subject: [SPAM 9.0] Hello\n\n", "") ==
        "X-Spam-Status: Yes\nSubject: [SPAM 9.0] Hello\nX-Spam-Prev-Subject: [SPAM 9.0] Hello\n\n");
  CHECK(f.rewritten("To: b\n\n", "") ==
        "X-Spam-Status: Yes\nTo: b\nSubject: [SPAM 9.0] \nX-Spam-Prev-Subject: (nonexistent)\n\n");
}

TEST_CASE("spam with report_safe becomes an attachment, untouched") {
  Fixture f = judged(9);
  f.options.rewrite_headers["subject"] = "[SPAM]";
  f.options.unsafe_report_template = "Unsafe.\n";
  const std::string text = f.rewritten(headers, "Text\n");
  CHECK(text ==
        "Received: from localhost by mx.example.org\n\twith SpamAssassin (version 4.0.1);\n"
        "\tMon, 30 Nov 2026 12:00:00 +0000\nFrom: a@example.com\nSubject: [SPAM] Hello\n"
        "X-Spam-Status: Yes\nMIME-Version: 1.0\nContent-Type: multipart/mixed; "
        "boundary=\"----------=_6A000000.1234ABCD\"\n\nThis is a multi-part message in MIME "
        "format.\n\n"
        "------------=_6A000000.1234ABCD\nContent-Type: text/plain; charset=UTF-8\n"
        "Content-Disposition: inline\nContent-Transfer-Encoding: 8bit\n\nIt is Yes.\n\n\n\n"
        "------------=_6A000000.1234ABCD\nContent-Type: message/rfc822; x-spam-type=original\n"
        "Content-Description: original message before SpamAssassin\nContent-Disposition: inline\n"
        "Content-Transfer-Encoding: 8bit\n\n" +
            std::string(headers) + "Text\n\n------------=_6A000000.1234ABCD--\n\n");
  const std::string html = f.rewritten("Content-Type: text/html\n\n", "x\n");
  CHECK_THAT(html, Contains("It is Yes.\n\nUnsafe.\n"));
  CHECK_THAT(html, Contains("Content-Disposition: attachment\n"));
}

TEST_CASE("the boundary stands nowhere in the message") {
  const Fixture f = judged(9);
  const std::string text = f.rewritten("\n", "------------=_6A000000.1234ABCD\n");
  CHECK_THAT(text, Contains("boundary=\"----------=_6A000000.1234ABCD/"));
}

TEST_CASE("lines end as those of the message") {
  const std::string text = judged(1).rewritten("A: b\r\n\r\n", "Text\r\n", true);
  CHECK(text == "X-Spam-Status: No\r\nA: b\r\n\r\nText\r\n");
}

}  // namespace
}  // namespace postern::antispam
