#include "lib/io/resolver/unbound_resolver.hpp"

#include <utility>

#include "lib/io/resolver/budgeted_inquiry.hpp"
#include "lib/io/resolver/unbound_core.hpp"

namespace postern::io {
namespace {

class UnboundResolver final : public Resolver {
 public:
  explicit UnboundResolver(std::shared_ptr<UnboundCore> core) : core_(std::move(core)) {}
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;
  UnboundResolver(UnboundResolver&&) = delete;
  UnboundResolver& operator=(UnboundResolver&&) = delete;
  ~UnboundResolver() override { core_->stop(); }

  [[nodiscard]] std::unique_ptr<Inquiry> inquiry(const Budget& budget,
                                                 OnArrival on_arrival) override {
    return std::make_unique<BudgetedInquiry>(core_, budget, std::move(on_arrival));
  }
  [[nodiscard]] ResolverStatistics statistics() const override { return core_->statistics(); }
  [[nodiscard]] bool is_down() const override { return core_->is_down(); }

 private:
  const std::shared_ptr<UnboundCore> core_;
};

}  // namespace

Expected<std::unique_ptr<Resolver>, std::string> make_unbound_resolver(
    const UnboundSettings& settings, HealthCallback on_health) {
  auto core = std::make_shared<UnboundCore>(settings, std::move(on_health));
  const auto started = core->start(settings);
  if (!started) return Unexpected<std::string>(started.error());
  return std::make_unique<UnboundResolver>(std::move(core));
}

}  // namespace postern::io
