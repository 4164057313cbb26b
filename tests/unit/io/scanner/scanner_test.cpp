#include "lib/io/scanner/scanner.hpp"

#include <sys/socket.h>

#include <atomic>
#include <mutex>

#include "lib/antivirus/clamd.hpp"
#include "lib/antivirus/scan_protocol.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/scanner/fake_scanner.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using antivirus::ObjectKind;
using antivirus::Report;
using antivirus::Result;
using antivirus::Scannable;

const std::vector<Scannable> objects = {{ObjectKind::message, {"Subject: x\r\n", "\r\n", "body"}},
                                        {ObjectKind::attachment, {"attached"}}};

class Client {
 public:
  Report scan(const std::vector<std::string>& addresses, std::chrono::milliseconds timeout = 5s) {
    std::vector<antivirus::ScannerAddress> scanners;
    for (const std::string& text : addresses) {
      scanners.push_back(antivirus::parse_scanner_address(text).value());
    }
    return scanner_.scan(objects, scanners, timeout);
  }
  std::vector<std::string> notices;

 private:
  OpensslCrypto crypto_;
  Scanner scanner_{crypto_, [this](const std::string&, const std::string& problem) {
                     notices.push_back(problem);
                   }};
};

// Answers every request with the same text.
FakeScanner::Serve answering(const std::string& text) {
  return [text](int connection) {
    ScanCall call;
    if (!receive_call(connection, call)) return false;
    reply(connection, text);
    return true;
  };
}

const std::string clean = "scanned1 generation=g outcomes=clean,clean";
const std::string infected = "scanned1 generation=g outcomes=clean,infected:Virus";

Result result_of(const Report& report) {
  CHECK(report.outcomes.size() == objects.size());
  return antivirus::gravest(report).result;
}

TEST_CASE("Scanner: objects go in one piece of sealed memory, with their digests", "[scanner]") {
  ScanCall call;
  FakeScanner avscan(SOCK_SEQPACKET, [&](int connection) {
    if (!receive_call(connection, call)) return false;
    reply(connection, infected);
    return true;
  });
  Client client;
  const Report report = client.scan({"avscan:" + avscan.path()});
  CHECK(result_of(report) == Result::infected);
  CHECK(report.outcomes[1].name == "Virus");
  CHECK(report.generation == "g");
  CHECK(report.scanner == "avscan:" + avscan.path());
  CHECK(call.octets == "Subject: x\r\n\r\nbodyattached");
  const auto request = antivirus::parse_scan_request(call.text);
  REQUIRE(request);
  REQUIRE(request->objects.size() == 2);
  CHECK(request->objects[0].size == 18);
  CHECK(request->objects[1].kind == ObjectKind::attachment);
  CHECK(request->objects[1].digest ==
        "55d9067ef2bfacd4dc38ef7294695794ff61bba45f11b2f4d9b70515c57b2187");
}

TEST_CASE("Scanner: one that was started anew is not noticed", "[scanner]") {
  FakeScanner avscan(SOCK_SEQPACKET, answering(clean));
  Client client;
  for (int i = 0; i < 3; ++i) {
    CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::clean);
    avscan.restart();
  }
  CHECK(client.notices.empty());
}

TEST_CASE("Scanner: one that dies over a message is asked once more", "[scanner]") {
  std::atomic<int> calls{0};
  FakeScanner avscan(SOCK_SEQPACKET, [&](int connection) {
    ScanCall call;
    if (!receive_call(connection, call) || ++calls == 1) return false;
    reply(connection, clean);
    return true;
  });
  Client client;
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::clean);
  CHECK(calls == 2);
}

TEST_CASE("Scanner: what is no answer is none", "[scanner][security]") {
  const std::string text = GENERATE(
      as<std::string>(), "OK", "scanned1 outcomes=clean", "scanned1 outcomes=clean,clean,clean",
      "scanned1 outcomes=clean,cleanish", "scanned1 outcomes=", "scan1", std::string(60000, 'x'));
  FakeScanner avscan(SOCK_SEQPACKET, answering(text));
  Client client;
  const Report report = client.scan({"avscan:" + avscan.path()});
  CHECK(result_of(report) == Result::temperror);
  CHECK_FALSE(antivirus::gravest(report).name.empty());
  CHECK(client.notices.size() == 1);
}

TEST_CASE("Scanner: the next one is asked", "[scanner]") {
  const std::string first = GENERATE(as<std::string>(), "scanned1 outcomes=clean,temperror:busy",
                                     "scanned1 outcomes=skipped:memory,clean", "garbage");
  FakeScanner one(SOCK_SEQPACKET, answering(first));
  FakeScanner two(SOCK_SEQPACKET, answering(infected));
  Client client;
  const Report report = client.scan({"avscan:" + one.path(), "avscan:" + two.path()});
  CHECK(result_of(report) == Result::infected);
  CHECK(report.scanner == "avscan:" + two.path());
}

TEST_CASE("Scanner: what the first one knew is kept when the next one is away", "[scanner]") {
  FakeScanner one(SOCK_SEQPACKET, answering("scanned1 outcomes=skipped:memory,clean"));
  Client client;
  const Report report = client.scan({"avscan:" + one.path(), "avscan:/nonexistent/s"});
  CHECK(result_of(report) == Result::skipped);
  CHECK(report.scanner == "avscan:" + one.path());
}

TEST_CASE("Scanner: infected is infected, whatever else is not known", "[scanner]") {
  FakeScanner one(SOCK_SEQPACKET, answering("scanned1 outcomes=temperror:x,infected:V"));
  FakeScanner two(SOCK_SEQPACKET, answering(clean));
  Client client;
  CHECK(result_of(client.scan({"avscan:" + one.path(), "avscan:" + two.path()})) ==
        Result::infected);
}

TEST_CASE("Scanner: one that is silent is waited for once", "[scanner]") {
  FakeScanner avscan(SOCK_SEQPACKET, [](int connection) {
    ScanCall call;
    return receive_call(connection, call);
  });
  Client client;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(result_of(client.scan({"avscan:" + avscan.path()}, 300ms)) == Result::temperror);
  const auto first = std::chrono::steady_clock::now();
  CHECK(first - begin >= 300ms);
  CHECK(result_of(client.scan({"avscan:" + avscan.path()}, 300ms)) == Result::temperror);
  CHECK(std::chrono::steady_clock::now() - first < 200ms);
  CHECK(client.notices == std::vector<std::string>{"no answer in time"});
}

TEST_CASE("Scanner: a silent one leaves time for the next", "[scanner]") {
  FakeScanner silent(SOCK_SEQPACKET, [](int connection) {
    ScanCall call;
    return receive_call(connection, call);
  });
  FakeScanner two(SOCK_SEQPACKET, answering(clean));
  Client client;
  CHECK(result_of(client.scan({"avscan:" + silent.path(), "avscan:" + two.path()}, 400ms)) ==
        Result::clean);
}

TEST_CASE("Scanner: one that is away is told once, and when it is back", "[scanner]") {
  FakeScanner avscan(SOCK_SEQPACKET, answering(clean));
  avscan.stop();
  Client client;
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::temperror);
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::temperror);
  CHECK(client.notices == std::vector<std::string>{"no such file or directory"});
  avscan.restart();
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::clean);
  CHECK(client.notices.size() == 2);
  CHECK(client.notices.back().empty());
}

TEST_CASE("Scanner: one that answered a moment ago may be started anew meanwhile", "[scanner]") {
  FakeScanner avscan(SOCK_SEQPACKET, answering(clean));
  Client client;
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::clean);
  avscan.stop();
  std::thread starter([&] {
    std::this_thread::sleep_for(300ms);
    avscan.restart();
  });
  CHECK(result_of(client.scan({"avscan:" + avscan.path()})) == Result::clean);
  starter.join();
}

// ------------------------------------------------------------------ clamd

// Reads a command up to its NUL, and the chunks of INSTREAM.
std::string read_stream(int connection) {
  const auto exactly = [&](std::size_t size) {
    std::string text(size, '\0');
    return ::recv(connection, text.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size)
               ? text
               : std::string();
  };
  std::string command;
  for (std::string octet = exactly(1); !octet.empty() && octet[0] != '\0'; octet = exactly(1)) {
    command += octet;
  }
  if (command != "zINSTREAM") return command;
  std::string octets;
  while (true) {
    const std::string length = exactly(4);
    std::size_t size = 0;
    for (const char c : length) size = size << 8U | static_cast<unsigned char>(c);
    if (size == 0) return command + ":" + octets;
    octets += exactly(size);
  }
}

TEST_CASE("Scanner: clamd that takes no descriptor gets a stream", "[scanner]") {
  std::vector<std::string> calls;
  std::mutex mutex;
  FakeScanner clamd(SOCK_STREAM, [&](int connection) {
    const std::string call = read_stream(connection);
    const std::lock_guard lock(mutex);
    calls.push_back(call);
    if (call == "zFILDES") {
      reply(connection, std::string("UNKNOWN COMMAND\0", 16));
    } else if (call.ends_with("attached")) {
      reply(connection, std::string("stream: Virus FOUND\0", 20));
    } else {
      reply(connection, std::string("stream: OK\0", 11));
    }
    return false;
  });
  Client client;
  for (int i = 0; i < 2; ++i) {
    const Report report = client.scan({"clamd:" + clamd.path()});
    CHECK(report.outcomes[0].result == Result::clean);
    CHECK(report.outcomes[1].name == "Virus");
    CHECK(report.generation.empty());
  }
  const std::lock_guard lock(mutex);
  CHECK(calls == std::vector<std::string>{"zFILDES", "zINSTREAM:Subject: x\r\n\r\nbody",
                                          "zINSTREAM:attached", "zINSTREAM:Subject: x\r\n\r\nbody",
                                          "zINSTREAM:attached"});
}

TEST_CASE("Scanner: clamd that hangs up or says too much has not answered", "[scanner]") {
  const std::string text =
      GENERATE(as<std::string>(), "", "stream: OK", std::string(10000, 'x'), "\0");
  FakeScanner clamd(SOCK_STREAM, [&](int connection) {
    (void)read_stream(connection);
    reply(connection, text);
    return false;
  });
  Client client;
  CHECK(result_of(client.scan({"clamd:" + clamd.path()})) == Result::temperror);
}

}  // namespace
}  // namespace postern::io
