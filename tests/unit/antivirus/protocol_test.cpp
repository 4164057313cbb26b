#include "lib/antivirus/engine_protocol.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "tests/support/catch.hpp"

namespace postern::antivirus {
namespace {

const std::string digest(64, 'a');

template <typename Packet>
Packet through_engine(const Packet& packet) {
  const auto read = parse_from_engine(format(FromEngine(packet)));
  REQUIRE(read);
  return std::get<Packet>(*read);
}

}  // namespace

TEST_CASE("protocol: a scan request says what the memory holds") {
  const ScanRequest request{{{ObjectKind::message, 1200, digest},
                             {ObjectKind::attachment, 0, digest, Known::outcome},
                             {ObjectKind::attachment, 7, digest, Known::clean}}};
  const std::string text = format(request);
  CHECK(text == "scan1 objects=message:1200:" + digest + ",attachment:0:" + digest +
                    ":skip,attachment:7:" + digest + ":clean");
  const auto read = parse_scan_request(text);
  REQUIRE(read);
  REQUIRE(read->objects.size() == 3);
  CHECK(read->objects[0].kind == ObjectKind::message);
  CHECK(read->objects[0].size == 1200);
  CHECK(read->objects[0].known == Known::nothing);
  CHECK(read->objects[1].kind == ObjectKind::attachment);
  CHECK(read->objects[1].digest == digest);
  CHECK(read->objects[1].known == Known::outcome);
  CHECK(read->objects[2].known == Known::clean);
}

TEST_CASE("protocol: an object may have no digest") {
  const ScanRequest request{{{ObjectKind::message, 5, ""}}};
  CHECK(format(request) == "scan1 objects=message:5:-");
  const auto read = parse_scan_request("scan1 objects=message:5:-:skip");
  REQUIRE(read);
  CHECK(read->objects[0].digest.empty());
  CHECK(read->objects[0].known == Known::outcome);
}

TEST_CASE("protocol: a scan request that is not sound is refused") {
  for (const std::string& text :
       {std::string("scan1"), std::string("scan1 objects="), "scan2 objects=message:1:" + digest,
        "scan1 objects=messages:1:" + digest, "scan1 objects=message:-1:" + digest,
        "scan1 objects=message:1:" + digest.substr(1),
        "scan1 objects=message:1:" + std::string(64, 'A'),
        "scan1 objects=message:1:" + digest + ":leave",
        "scan1 objects=message:99999999999999:" + digest,
        "scan1 objects=message:1:" + digest + ",,message:1:" + digest}) {
    INFO(text);
    CHECK_FALSE(parse_scan_request(text));
  }
  ScanRequest many;
  many.objects.resize(max_objects, {ObjectKind::attachment, 1, digest});
  CHECK(parse_scan_request(format(many)));
  many.objects.push_back(many.objects.front());
  CHECK_FALSE(parse_scan_request(format(many)));
}

TEST_CASE("protocol: an answer has names of any text") {
  const ScanAnswer answer{
      "g-1",
      {{Result::clean, ""}, {Result::infected, "Odd, %name: x"}, {Result::skipped, "memory"}}};
  const auto read = parse_scan_answer(format(answer));
  REQUIRE(read);
  CHECK(read->generation == "g-1");
  REQUIRE(read->outcomes.size() == 3);
  CHECK(read->outcomes[1].result == Result::infected);
  CHECK(read->outcomes[1].name == "Odd, %name: x");
  CHECK(read->outcomes[2].name == "memory");
}

TEST_CASE("protocol: the largest answer fits") {
  ScanAnswer answer{std::string(64, '%'), {}};
  answer.outcomes.resize(max_objects, {Result::unscannable, std::string(max_name_size, '%')});
  const std::string text = format(answer);
  CHECK(text.size() <= max_packet_size);
  CHECK(parse_scan_answer(text));
}

TEST_CASE("protocol: names of outcomes are printable") {
  const ScanAnswer answer{"", {{Result::infected, std::string("a\r\nb\0c\x80", 7)}}};
  const auto read = parse_scan_answer(format(answer));
  REQUIRE(read);
  CHECK(read->outcomes[0].name == "a??b?c?");
  for (const char* text : {"scanned1", "scanned1 outcomes=", "scanned1 outcomes=dirty",
                           "scanned1 outcomes=infected:%0", "scanned1 outcomes=infected:"}) {
    INFO(text);
    CHECK_FALSE(parse_scan_answer(text));
  }
}

TEST_CASE("protocol: control requests") {
  for (const ControlRequest request : {ControlRequest::status, ControlRequest::reload}) {
    const auto read = parse_control_request(format(request));
    REQUIRE(read);
    CHECK(*read == request);
  }
  CHECK_FALSE(parse_control_request("stop1"));
}

TEST_CASE("protocol: what an engine is told") {
  Load load;
  load.options.database = "/var/lib/clam av";
  load.options.temporary_directory = "/tmp/x";
  load.options.max_scan_size = 400'000'000;
  load.options.max_file_size = 25;
  load.options.max_recursion = 17;
  load.options.max_files = 10'000;
  load.options.scan_time = std::chrono::milliseconds(15'000);
  load.options.processor_time = std::chrono::seconds(30);
  load.options.child_memory = 1;
  load.options.potentially_unwanted = true;
  const auto read = parse_to_engine(format(ToEngine(load)));
  REQUIRE(read);
  const EngineOptions& options = std::get<Load>(*read).options;
  CHECK(options.database == "/var/lib/clam av");
  CHECK(options.temporary_directory == "/tmp/x");
  CHECK(options.max_scan_size == 400'000'000);
  CHECK(options.max_file_size == 25);
  CHECK(options.max_recursion == 17);
  CHECK(options.max_files == 10'000);
  CHECK(options.scan_time == std::chrono::milliseconds(15'000));
  CHECK(options.processor_time == std::chrono::seconds(30));
  CHECK(options.child_memory == 1);
  CHECK(options.potentially_unwanted);
  CHECK(std::holds_alternative<Fork>(*parse_to_engine("fork1")));
  CHECK(std::get<Kill>(*parse_to_engine("kill1 pid=77")).pid == 77);
  for (const char* text : {"", "load1", "load1 database=/x", "kill1", "kill1 pid=x",
                           "kill1 pid=99999999999", "fork2", "ready1 generation=a signatures=1"}) {
    INFO(text);
    CHECK_FALSE(parse_to_engine(text));
  }
}

TEST_CASE("protocol: what an engine tells") {
  CHECK(through_engine(Ready{"abc", 8'000'000, {}}).signatures == 8'000'000);
  CHECK(through_engine(Ready{"abc", 1, {}}).generation == "abc");
  CHECK(through_engine(Failed{"no such directory: /x"}).why == "no such directory: /x");
  CHECK(through_engine(Forked{4711}).pid == 4711);
  CHECK(through_engine(NotForked{"out of memory"}).why == "out of memory");
  const Ended ended = through_engine(Ended{7, 11, 0});
  CHECK(ended.pid == 7);
  CHECK(ended.signal == 11);
  CHECK(ended.status == 0);
  const Forbidden forbidden = through_engine(Forbidden{9, "openat", "/etc/passwd"});
  CHECK(forbidden.call == "openat");
  CHECK(forbidden.detail == "/etc/passwd");
  for (const char* text : {"ready1 generation=a", "ready1 signatures=1", "failed1", "ended1",
                           "forbidden1 pid=1", "fork1"}) {
    INFO(text);
    CHECK_FALSE(parse_from_engine(text));
  }
}

}  // namespace postern::antivirus
