// What goes to the store in one batch, and what waits.
#include "lib/io/daemon/store_worker.hpp"

#include <mutex>
#include <vector>

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using Batch = std::vector<store::Operation>;

constexpr store::Lifetime day = 24h;

// What a store was asked, in its batches; outlives it.
struct Record {
  std::vector<Batch> batches() const {
    const std::scoped_lock lock(mutex);
    return asked;
  }
  mutable std::mutex mutex;
  std::vector<Batch> asked;
};

class RecordingStore final : public store::Store {
 public:
  explicit RecordingStore(Record& record) : record_(record) {}

  Expected<std::vector<store::Result>, store::Failure> run(
      std::span<const store::Operation> operations, store::Time now) override {
    const std::scoped_lock lock(record_.mutex);
    record_.asked.emplace_back(operations.begin(), operations.end());
    return store_.run(operations, now);
  }
  Expected<std::vector<store::Item>, store::Failure> scan(std::string_view prefix,
                                                          std::string& cursor, std::size_t limit,
                                                          store::Time now) override {
    return store_.scan(prefix, cursor, limit, now);
  }
  Expected<std::size_t, store::Failure> sweep(std::size_t limit, store::Time now) override {
    return store_.sweep(limit, now);
  }
  Expected<store::Statistics, store::Failure> statistics() override { return store_.statistics(); }

 private:
  Record& record_;
  store::MemoryStore store_;
};

struct Scene {
  Scene() {
    worker.emplace(loop, log, [this]() -> StoreWorker::Opened {
      return OpenedStore{std::make_unique<RecordingStore>(record), ""};
    });
  }

  // Asks, and runs the loop until there is an answer.
  Batch ask(Batch operations) {
    Batch back;
    worker->run(std::move(operations), [&](Batch asked, const StoreWorker::Results& results) {
      CHECK(results.has_value());
      back = std::move(asked);
      loop.stop();
    });
    loop.run();
    return back;
  }
  void count(const std::string& key, int times) {
    for (int i = 0; i < times; ++i) worker->run({store::Add{key, 1, day}}, nullptr);
  }
  std::vector<Batch> wait_for_batches(std::size_t count) const {
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (record.batches().size() < count && std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(1ms);
    }
    return record.batches();
  }

  Record record;
  EventLoop loop;
  Log log;
  std::optional<StoreWorker> worker;
};

TEST_CASE("StoreWorker: operations come back to who asked", "[daemon]") {
  Scene scene;
  const Batch operations = {store::Put{"a", "a value that is no short string", day},
                            store::Get{"a"}};
  CHECK(scene.ask(operations) == operations);
}

TEST_CASE("StoreWorker: what only counts goes with the next batch that writes, as one",
          "[daemon]") {
  Scene scene;
  scene.ask({store::Put{"a", "1", day}});
  scene.count("n", 100);
  scene.ask({store::Put{"a", "2", day}});
  scene.worker.reset();
  CHECK(scene.record.batches().back() ==
        Batch{store::Put{"a", "2", day}, store::Add{"n", 100, day}});
}

TEST_CASE("StoreWorker: what only counts waits no longer than a second or so", "[daemon]") {
  Scene scene;
  scene.count("n", 3);
  CHECK(scene.wait_for_batches(1) == std::vector<Batch>{{store::Add{"n", 3, day}}});
}

TEST_CASE("StoreWorker: nothing that counts is lost at the end, however many keys there are",
          "[daemon]") {
  Scene scene;
  std::int64_t sum = 0;
  for (int i = 0; i < 100; ++i) scene.count("n" + std::to_string(i % 50), 1);
  scene.worker.reset();
  for (const Batch& batch : scene.record.batches()) {
    for (const auto& operation : batch) sum += std::get<store::Add>(operation).delta;
  }
  CHECK(sum == 100);
}

}  // namespace
}  // namespace postern::io
