#include <time.h>

#include <fstream>

#include "lib/io/lmdb/opening.hpp"

namespace postern::io::lmdb {
namespace {

class SystemClock final : public HostClock {
 public:
  [[nodiscard]] store::Lifetime since_boot() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::duration_cast<store::Lifetime>(std::chrono::seconds(time.tv_sec) +
                                                       std::chrono::nanoseconds(time.tv_nsec));
  }
  [[nodiscard]] std::string boot_id() const override {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
  }
};

}  // namespace

const HostClock& host_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace postern::io::lmdb
