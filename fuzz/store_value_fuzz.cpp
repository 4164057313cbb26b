// Stored values: what decodes is exactly what encode writes; no content makes an operation
// misbehave.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "fuzz/support.hpp"
#include "lib/store/apply.hpp"
#include "lib/store/hash.hpp"
#include "lib/store/value.hpp"

namespace {

using namespace postern;
using namespace postern::store;
using fuzz::require;

// Cells that hold one value, whatever is asked for.
class OneValue final : public Cells {
 public:
  explicit OneValue(StoredValue value) : value_(std::move(value)) {}
  std::optional<StoredValue> find(std::string_view) override { return value_; }
  void put(std::string_view key, StoredValue value) override {
    // Whatever was there: what is written can be read again.
    const auto again = decode(key, encode(key, value));
    require(again && *again == value);
    value_ = std::move(value);
  }
  void erase(std::string_view) override { value_.reset(); }

 private:
  std::optional<StoredValue> value_;
};

void check_operations(const StoredValue& value, Time now) {
  const Lifetime hour(3600000);
  const Operation operations[] = {
      Get{"k"},
      PutIfAbsent{"k", "v", hour},
      Add{"k", INT64_MAX, hour},
      Add{"k", INT64_MIN, hour},
      Take{"k", Take::Algorithm::gcra, 10, hour, 1, ""},
      Take{"k", Take::Algorithm::sliding_window, 10, hour, 1, ""},
      Take{"k", Take::Algorithm::gcra, UINT64_MAX, hour, 1, "once"},
      Accumulate{"k", {1, 2}, hour, hour},
  };
  for (const Operation& operation : operations) {
    OneValue cells(value);
    const Result result = apply(operation, cells, now);
    if (const auto* admission = std::get_if<Admission>(&result)) {
      const Take& take = std::get<Take>(operation);
      require(!take.once.empty() || admission->remaining <= take.amount);
      require(!take.once.empty() || admission->retry_after <= 3 * hour);
    }
    if (const auto* sums = std::get_if<Sums>(&result)) {
      for (const double sum : sums->sums) require(sum >= -1e300 && sum <= 1e300);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const auto decoded = decode("k", input);
  if (decoded) require(encode("k", *decoded) == input);

  // With the checksum made right, all contents are reached.
  std::string sealed(input);
  const std::uint64_t checksum = fnv1a(input, fnv1a("k"));
  sealed.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  const auto value = decode("k", sealed);
  if (!value) return 0;
  require(encode("k", *value) == sealed);
  static_cast<void>(text_of(*value));
  for (const Time now : {value->written, Time(Lifetime(0)), value->expires(), Time::max()}) {
    check_operations(*value, now);
  }
  return 0;
}
