#include "lib/mail/received.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

struct Row {
  std::string text;
  std::string from;
  std::string host;
  std::string ip;
  std::string by;
  std::string with;
  std::string id;
  std::string recipient;
  bool has_date;
};

TEST_CASE("parse_received: as MTAs write it", "[mail][rfc5321-4.4]") {
  const auto row = GENERATE(values<Row>({
      {"from helo.example (name.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher X "
       "(256/256))\r\n"
       "\tby mx.example (Postfix) with ESMTPS id 4ABC\r\n\tfor <r@example.org>; Mon, 01 Jan 2024 "
       "10:00:00 +0000 (UTC)",
       "helo.example", "name.example", "192.0.2.1", "mx.example", "ESMTPS", "4ABC", "r@example.org",
       true},
      {"from x (unknown [IPv6:2001:db8::1]) by y with ESMTP id z; x", "x", "", "2001:db8::1", "y",
       "ESMTP", "z", "", false},
      {"from [192.0.2.7] (helo=evil.example) by mx.example with esmtps (Exim 4.96) id 1a-2 for r@x",
       "[192.0.2.7]", "", "192.0.2.7", "mx.example", "esmtps", "1a-2", "r@x", false},
      {"from name.example ([192.0.2.8] helo=[198.51.100.1]) by mx", "name.example", "", "192.0.2.8",
       "mx", "", "", "", false},
      {"from [10.0.0.1] (name.example [192.0.2.9]) by mx", "[10.0.0.1]", "name.example",
       "192.0.2.9", "mx", "", "", "", false},
      {"from unknown (HELO foo.example) (192.0.2.10)\n  by mx with SMTP; 1 Jan 2024 10:00:00 -0000",
       "unknown", "", "192.0.2.10", "mx", "SMTP", "", "", true},
      {"by 2002:a05:6a10:1::1 with SMTP id q1; Mon, 1 Jan 2024 02:00:00 -0800 (PST)", "", "", "",
       "2002:a05:6a10:1::1", "SMTP", "q1", "", true},
      {"(qmail 123 invoked by uid 0); 1 Jan 2024 10:00:00 -0000", "", "", "", "", "", "", "", true},
      {"from a (b.example [::ffff:192.0.2.3]) by c (d [192.0.2.4]) from e", "a", "b.example",
       "192.0.2.3", "c", "", "", "", false},
      {"from a (b [300.1.2.3]) (c [192.0.2.5]) by d", "a", "", "192.0.2.5", "d", "", "", "", false},
      {"from", "", "", "", "", "", "", "", false},
      {"", "", "", "", "", "", "", "", false},
  }));
  INFO(row.text);
  const Received received = parse_received(row.text);
  CHECK(received.from == row.from);
  CHECK(received.host == row.host);
  CHECK((received.ip ? received.ip->text() : "") == row.ip);
  CHECK(received.by == row.by);
  CHECK(received.with == row.with);
  CHECK(received.id == row.id);
  CHECK(received.recipient == row.recipient);
  CHECK(received.date.has_value() == row.has_date);
}

TEST_CASE("parse_received: bounded", "[mail][security]") {
  const std::string blanks(max_received_size, ' ');
  CHECK(parse_received("from a" + blanks + "by b").by.empty());
  CHECK(parse_received("from a by b").by == "b");
}

}  // namespace
}  // namespace postern::mail
