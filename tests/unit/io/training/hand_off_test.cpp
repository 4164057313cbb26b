#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"
#include "lib/io/training/event_id.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/training/temporary_directory.hpp"

namespace postern::io {
namespace {

// A learner that only listens, and answers when the test says so.
class Listener {
 public:
  explicit Listener(const std::string& path, int backlog = 5)
      : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_.get(), backlog) == 0);
  }
  [[nodiscard]] FileDescriptor accept() const {
    return FileDescriptor(::accept(socket_.get(), nullptr, nullptr));
  }

 private:
  FileDescriptor socket_;
};

TEST_CASE("seal_message: read as it was written, and never changed", "[training][security]") {
  const std::string text(100'000, 'x');
  const auto memory = seal_message(text);
  REQUIRE(memory);
  CHECK(read_sealed_message(memory->get(), text.size()) == text);
  CHECK(::write(memory->get(), "y", 1) < 0);
  CHECK(::ftruncate(memory->get(), 0) != 0);
  CHECK(read_sealed_message(memory->get(), text.size() - 1).error() ==
        "its message has more than 99999 octets");
}

TEST_CASE("read_sealed_message: nothing that is not sealed", "[training][security]") {
  const FileDescriptor open_memory(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(open_memory);
  CHECK_FALSE(read_sealed_message(open_memory.get(), 100));
  REQUIRE(::fcntl(open_memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  CHECK_FALSE(read_sealed_message(open_memory.get(), 100));
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);  // reading it would wait for ever
  const FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  CHECK_FALSE(read_sealed_message(reading.get(), 100));
  const FileDescriptor file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(read_sealed_message(file.get(), 100'000));
}

TEST_CASE("Courier: an event goes with its message, and its receipt comes back", "[training]") {
  const test::TemporaryDirectory directory;
  const Listener listener(directory.path + "/s");
  auto courier = Courier::connect(directory.path + "/s");
  REQUIRE(courier);
  const auto memory = seal_message("text");
  REQUIRE(memory);
  CHECK(courier->send("line", memory->get()));
  CHECK(courier->take_receipts() == 0);
  CHECK_FALSE(courier->is_closed());
  {
    const FileDescriptor peer = listener.accept();
    REQUIRE(peer);
    char line[10] = {};
    CHECK(::recv(peer.get(), line, sizeof line, 0) == 4);
    REQUIRE(::send(peer.get(), &training_receipt, 1, 0) == 1);
    REQUIRE(::send(peer.get(), &training_refusal, 1, 0) == 1);
    CHECK(courier->take_receipts() == 2);
    CHECK(courier->refused() == 1);
    CHECK_FALSE(courier->is_closed());
  }
  CHECK(courier->take_receipts() == 0);
  CHECK(courier->is_closed());
}

TEST_CASE("Courier: a learner that is away or hangs is noticed at once", "[training]") {
  const test::TemporaryDirectory directory;
  CHECK_FALSE(Courier::connect(directory.path + "/none"));
  CHECK_FALSE(Courier::connect(directory.path + "/" + std::string(200, 'x')));
  CHECK_FALSE(Courier::connect(""));
  const Listener listener(directory.path + "/s", 0);
  std::vector<Courier> waiting;
  auto last = Courier::connect(directory.path + "/s");
  for (int i = 0; i < 10 && last; ++i) {
    waiting.push_back(std::move(*last));
    last = Courier::connect(directory.path + "/s");
  }
  CHECK_FALSE(last);  // the queue is full, and connecting did not wait
}

TEST_CASE("next_event_id: another each time, and an id", "[training]") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = next_event_id(event_time());
    CHECK(training::is_id(id));
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
  const auto now = event_time();
  CHECK(next_event_id(now) < next_event_id(now + std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace postern::io
