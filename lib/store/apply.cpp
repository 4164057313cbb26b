#include "lib/store/apply.hpp"

#include <algorithm>
#include <limits>

#include "lib/store/bounds.hpp"
#include "lib/store/key.hpp"
#include "lib/store/limit.hpp"
#include "lib/store/sums.hpp"

namespace postern::store {
namespace {

std::int64_t saturated_sum(std::int64_t a, std::int64_t b) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (b > 0 && a > Limits::max() - b) return Limits::max();
  if (b < 0 && a < Limits::min() - b) return Limits::min();
  return a + b;
}

template <typename State>
struct StateForm;
template <>
struct StateForm<Bucket> {
  static constexpr Kind kind = Kind::bucket;
  static std::string pack(const Bucket& s) {
    return store::pack({s.at, s.level, s.period, s.shift});
  }
  static std::optional<Bucket> unpack(std::string_view payload) {
    const auto numbers = store::unpack<4>(payload);
    if (!numbers) return std::nullopt;
    const auto& [at, level, period, shift] = *numbers;
    return Bucket{at, level, period, shift};
  }
};
template <>
struct StateForm<Window> {
  static constexpr Kind kind = Kind::window;
  static std::string pack(const Window& s) {
    return store::pack({s.start, s.current, s.previous, s.period, s.shift});
  }
  static std::optional<Window> unpack(std::string_view payload) {
    const auto numbers = store::unpack<5>(payload);
    if (!numbers) return std::nullopt;
    const auto& [start, current, previous, period, shift] = *numbers;
    return Window{start, current, previous, period, shift};
  }
};

class Applier {
 public:
  Applier(Cells& cells, Time now) : cells_(cells), now_(clamp_time(now)) {}

  Result operator()(const Get& get) { return Value{find_text(get.key)}; }

  Result operator()(const Put& put) {
    if (put.value.size() <= max_value_size) write_text(put, put.value, put.expendable);
    return Done{};
  }

  Result operator()(const PutIfAbsent& put) {
    auto found = find(put.key, Kind::value);
    if (!found) {
      if (put.value.size() <= max_value_size) write_text(put, put.value, put.expendable);
      return Value{};
    }
    std::string text = found->payload;
    if (now_ + clamp_lifetime(put.lifetime) > found->expires()) {
      write_text(put, found->payload, found->expendable && put.expendable);
    }
    return Value{std::move(text)};
  }

  Result operator()(const Add& add) {
    const auto found = find(add.key, Kind::counter);
    const auto before = found ? unpack<1>(found->payload) : std::nullopt;
    const std::int64_t after = saturated_sum(before ? before->front() : 0, add.delta);
    write(add.key, Kind::counter, pack({after}), add.lifetime);
    return Number{after};
  }

  Result operator()(const Take& take) {
    if (take.once.empty()) return take_now(take);
    const std::string key = once_key(take);
    if (const auto found = find(key, Kind::admission)) {
      if (const auto numbers = unpack<3>(found->payload)) {
        const auto& [admitted, remaining, retry_after] = *numbers;
        return Admission{admitted != 0, static_cast<std::uint64_t>(remaining),
                         Lifetime(retry_after)};
      }
    }
    const Admission admission = take_now(take);
    write(key, Kind::admission,
          pack({admission.admitted ? 1 : 0, static_cast<std::int64_t>(admission.remaining),
                admission.retry_after.count()}),
          once_lifetime);
    return admission;
  }

  Result operator()(const Accumulate& accumulate) {
    const auto found = find(accumulate.key, Kind::sums);
    const auto before = found ? unpack_sums(found->payload) : std::nullopt;
    const SumsAt after = accumulated(before, accumulate, now_);
    if (!only_reads(accumulate)) {
      write(accumulate.key, Kind::sums, pack_sums(after.at, after.sums), accumulate.lifetime);
    }
    return Sums{after.sums};
  }

  Result operator()(const Erase& erase) {
    if (is_storable(erase.key)) cells_.erase(erase.key);
    return Done{};
  }

 private:
  std::optional<StoredValue> find(std::string_view key, Kind kind) {
    if (!is_storable(key)) return std::nullopt;
    auto found = cells_.find(key);
    if (!found || found->kind != kind || !found->is_live(now_)) return std::nullopt;
    return found;
  }

  std::optional<std::string> find_text(std::string_view key) {
    auto found = find(key, Kind::value);
    if (!found) return std::nullopt;
    return std::move(found->payload);
  }

  template <typename SomePut>
  void write_text(const SomePut& put, const std::string& text, bool expendable) {
    write(put.key, Kind::value, text, put.lifetime, expendable);
  }

  void write(std::string_view key, Kind kind, std::string payload, Lifetime lifetime,
             bool expendable = false) {
    if (!is_storable(key)) return;
    if (lifetime <= Lifetime{0}) {
      cells_.erase(key);
      return;
    }
    StoredValue value{kind, now_, clamp_lifetime(lifetime), {}, std::move(payload), expendable};
    cells_.put(key, std::move(value));
  }

  Admission take_now(const Take& take) {
    return take.algorithm == Take::Algorithm::gcra ? take_by<Bucket>(take) : take_by<Window>(take);
  }

  template <typename State>
  Admission take_by(const Take& take) {
    using Form = StateForm<State>;
    const auto found = find(take.key, Form::kind);
    const auto before = found ? Form::unpack(found->payload) : std::nullopt;
    State state = before.value_or(State{});
    const Taken taken = take_from(state, take, now_);
    if (taken.changed) write(take.key, Form::kind, Form::pack(state), state_lifetime(take));
    return taken.admission;
  }

  Cells& cells_;
  const Time now_;
};

}  // namespace

Result apply(const Operation& operation, Cells& cells, Time now) {
  return std::visit(Applier(cells, now), operation);
}

bool only_reads(const Operation& operation) {
  if (std::holds_alternative<Get>(operation)) return true;
  const auto* accumulate = std::get_if<Accumulate>(&operation);
  return accumulate != nullptr && only_reads(*accumulate);
}

}  // namespace postern::store
