#include "lib/io/resolver/packet.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/unit/io/resolver/packet_writer.hpp"

namespace postern::io {
namespace {

using dns::Status;
using dns::Type;
using Octets = PacketWriter::Octets;

constexpr std::uint32_t flags_ok = 0x8180;
constexpr std::uint32_t flags_nxdomain = 0x8183;

Octets soa_data(std::uint32_t minimum) {
  PacketWriter writer;
  writer.name("ns.example.org").name("hostmaster.example.org");
  for (int i = 0; i < 4; ++i) writer.number(7200, 4);
  return writer.number(minimum, 4).octets();
}

// One record of the type at example.org, asked for.
DecodedAnswer decode_one(Type type, const Octets& data) {
  PacketWriter writer;
  writer.header(flags_ok, 1, 0).question("example.org", type_code(type));
  writer.record("example.org", type_code(type), 300, data);
  return decode_answer(writer.octets(), {"example.org", type});
}

TEST_CASE("decode_answer: the records of each type", "[resolver]") {
  const auto a = decode_one(Type::a, {192, 0, 2, 1});
  REQUIRE(a.answer.addresses.size() == 1);
  CHECK(a.answer.addresses[0].text() == "192.0.2.1");
  CHECK(a.ttl == 300);

  const auto aaaa =
      decode_one(Type::aaaa, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  REQUIRE(aaaa.answer.addresses.size() == 1);
  CHECK(aaaa.answer.addresses[0].text() == "2001:db8::1");

  const auto mx =
      decode_one(Type::mx, PacketWriter{}.number(10, 2).name("Mail.Example.ORG").octets());
  CHECK(mx.answer.exchanges == std::vector<dns::MxRecord>{{10, "mail.example.org"}});
  const auto null_mx = decode_one(Type::mx, PacketWriter{}.number(0, 2).name("").octets());
  CHECK(null_mx.answer.exchanges == std::vector<dns::MxRecord>{{0, ""}});

  const auto ptr = decode_one(Type::ptr, name_data("Host.example.org"));
  CHECK(ptr.answer.names == std::vector<std::string>{"host.example.org"});

  const auto ns = decode_one(Type::ns, name_data("NS1.example.org"));
  CHECK(ns.answer.names == std::vector<std::string>{"ns1.example.org"});

  const auto txt = decode_one(
      Type::txt,
      PacketWriter{}.number(3, 1).bytes("v=s").number(0, 1).number(2, 1).bytes("pf").octets());
  CHECK(txt.answer.texts == std::vector<std::string>{"v=spf"});

  const auto tlsa = decode_one(Type::tlsa, {3, 1, 1, 0xab, 0xcd});
  CHECK(tlsa.answer.tlsa == std::vector<dns::TlsaRecord>{{3, 1, 1, 2}});
  for (const auto* decoded : {&a, &aaaa, &mx, &null_mx, &ptr, &ns, &txt, &tlsa}) {
    CHECK(decoded->answer.status == Status::success);
  }
}

TEST_CASE("decode_answer: data that does not have the form of its type is a failure",
          "[resolver][security]") {
  const std::vector<std::pair<Type, Octets>> cases = {
      {Type::a, {192, 0, 2}},       {Type::a, {192, 0, 2, 1, 9}},
      {Type::aaaa, {192, 0, 2, 1}}, {Type::txt, {}},
      {Type::txt, {5, 'a'}},        {Type::mx, {0}},
      {Type::mx, {0, 10, 4, 'm'}},  {Type::mx, {0, 10, 0, 0}},  // something behind the name
      {Type::ptr, {0xc0, 0xff}},                                // a pointer forwards
      {Type::ptr, {0x40, 'a', 0}},                              // a label type that does not exist
      {Type::ptr, {1, 'a', 0xc0}},                              // half a pointer
      {Type::tlsa, {3, 1}},
  };
  for (const auto& [type, data] : cases) {
    const auto decoded = decode_one(type, data);
    CAPTURE(type_code(type), data.size());
    CHECK(decoded.answer.status == Status::servfail);
    CHECK(decoded.ttl == 0);
  }
}

TEST_CASE("decode_answer: names that no program could use are dropped", "[resolver][security]") {
  const auto dotted = decode_one(Type::ptr, Octets{3, 'a', '.', 'b', 0});
  CHECK(dotted.answer.status == Status::no_data);
  const auto root = decode_one(Type::ptr, Octets{0});
  CHECK(root.answer.status == Status::no_data);
}

TEST_CASE("decode_answer: compressed names, and pointers that loop", "[resolver][security]") {
  PacketWriter writer;
  writer.header(flags_ok, 1, 0).question("example.org", 12);
  // Owner: a pointer to the question; data: "host" and a pointer to the question.
  writer.number(0xc00c, 2).number(12, 2).number(1, 2).number(60, 4).number(7, 2);
  const std::size_t data_at = writer.octets().size();
  PacketWriter looping = writer;
  writer.number(4, 1).bytes("host").number(0xc00c, 2);
  const dns::Question question{"example.org", Type::ptr};
  CHECK(decode_answer(writer.octets(), question).answer.names ==
        std::vector<std::string>{"host.example.org"});

  looping.number(4, 1).bytes("host").number(0xc000 | static_cast<std::uint32_t>(data_at), 2);
  CHECK(decode_answer(looping.octets(), question).answer.status == Status::servfail);
}

TEST_CASE("decode_answer: a CNAME is followed, foreign records are not read",
          "[resolver][security]") {
  PacketWriter writer;
  writer.header(flags_ok, 5, 0).question("www.example.org", 16);
  writer.record("other.example", 16, 5, text_data("forged"));
  writer.record("www.example.org", 5, 30, name_data("web.example.net"));
  writer.record("web.example.net", 16, 600, text_data("true"));
  writer.record("www.example.org", 16, 5, text_data("beside the alias"));
  writer.record("web.example.net", 1, 5, {192, 0, 2, 1});
  const auto decoded = decode_answer(writer.octets(), {"www.example.org", Type::txt});
  CHECK(decoded.answer.texts == std::vector<std::string>{"true"});
  CHECK(decoded.ttl == 30);
}

TEST_CASE("decode_answer: no such name and no such record", "[resolver]") {
  PacketWriter nx;
  nx.header(flags_nxdomain, 0, 1).question("no.example.org", 16);
  nx.record("example.org", 6, 900, soa_data(120));
  const auto missing = decode_answer(nx.octets(), {"no.example.org", Type::txt});
  CHECK(missing.answer.status == Status::nxdomain);
  CHECK(missing.ttl == 120);

  PacketWriter lame;
  lame.header(flags_ok, 0, 0).question("example.org", 16);
  const auto empty = decode_answer(lame.octets(), {"example.org", Type::txt});
  CHECK(empty.answer.status == Status::no_data);
  CHECK(empty.ttl == 0);
}

TEST_CASE("decode_answer: errors, cut and truncated messages are failures",
          "[resolver][security]") {
  PacketWriter writer;
  writer.header(flags_ok, 1, 0).question("example.org", 16);
  writer.record("example.org", 16, 300, text_data("hello"));
  const dns::Question question{"example.org", Type::txt};
  REQUIRE(decode_answer(writer.octets(), question).answer.status == Status::success);
  for (std::size_t size = 0; size < writer.octets().size(); ++size) {
    const Octets cut(writer.octets().begin(),
                     writer.octets().begin() + static_cast<std::ptrdiff_t>(size));
    CAPTURE(size);
    CHECK(decode_answer(cut, question).answer.status == Status::servfail);
  }
  for (const int rcode : {1, 2, 4, 5, 9}) {
    Octets failed = writer.octets();
    failed[3] = static_cast<std::uint8_t>(0x80 | rcode);
    CHECK(decode_answer(failed, question).answer.status == Status::servfail);
  }
  Octets truncated = writer.octets();
  truncated[2] |= 0x02;
  CHECK(decode_answer(truncated, question).answer.status == Status::servfail);
}

TEST_CASE("decode_answer: at most max_records are kept", "[resolver][security]") {
  for (const std::size_t count : {max_records - 1, max_records, max_records + 1}) {
    PacketWriter writer;
    writer.header(flags_ok, static_cast<std::uint32_t>(count), 0).question("example.org", 1);
    for (std::size_t i = 0; i < count; ++i) writer.record("example.org", 1, 60, {192, 0, 2, 1});
    const auto decoded = decode_answer(writer.octets(), {"example.org", Type::a});
    CHECK(decoded.answer.addresses.size() == std::min(count, max_records));
  }
}

// Whatever the bytes, the answer is consistent and nothing is read outside (sanitizers watch).
TEST_CASE("decode_answer: damaged messages", "[resolver][security]") {
  PacketWriter writer;
  writer.header(flags_ok, 3, 1).question("www.example.org", 15);
  writer.record("www.example.org", 5, 30, name_data("web.example.net"));
  writer.record("web.example.net", 15, 600, PacketWriter{}.number(1, 2).name("a.example").octets());
  writer.number(0xc021, 2).number(15, 2).number(1, 2).number(9, 4).number(4, 2);
  writer.number(7, 2).number(0xc00c, 2);
  writer.record("example.net", 6, 900, soa_data(120));
  std::mt19937 random(1);  // NOLINT: the same damage every time
  const auto draw = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 20000; ++round) {
    Octets damaged = writer.octets();
    for (std::size_t n = draw(4) + 1; n > 0; --n) {
      static constexpr std::uint8_t nasty[] = {0, 1, 5, 12, 15, 16, 63, 64, 0xc0, 0xc1, 0xff};
      damaged[draw(damaged.size())] =
          draw(2) == 0 ? nasty[draw(sizeof nasty)] : static_cast<std::uint8_t>(draw(256));
    }
    if (draw(8) == 0) damaged.resize(draw(damaged.size()));
    for (const Type type : {Type::mx, Type::txt, Type::a, Type::ptr, Type::tlsa}) {
      const auto decoded = decode_answer(damaged, {"www.example.org", type});
      const auto& answer = decoded.answer;
      REQUIRE((answer.record_count() != 0) == (answer.status == Status::success));
    }
  }
}

TEST_CASE("escaped_name: only octets that a log line takes", "[resolver][security]") {
  CHECK(escaped_name("_dmarc.example-1.org") == "_dmarc.example-1.org");
  CHECK(escaped_name(std::string_view("a\n\\\"\0\xff.b", 8)) == "a\\010\\092\\034\\000\\255.b");
}

}  // namespace
}  // namespace postern::io
