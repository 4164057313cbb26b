#include "lib/io/redis/commands.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "lib/base/ascii.hpp"
#include "lib/store/apply.hpp"
#include "lib/store/bounds.hpp"
#include "lib/store/key.hpp"
#include "lib/store/limit.hpp"
#include "lib/store/memory_store.hpp"
#include "lib/store/sums.hpp"

namespace postern::io::redis {
namespace {

using store::Failure;
using store::Lifetime;
using store::Operation;
using store::Result;

constexpr std::size_t max_shown_error = 120;

std::string text_of(Lifetime lifetime) {
  return std::to_string(lifetime.count());
}
std::string lifetime_of(Lifetime lifetime) {
  return text_of(store::clamp_lifetime(lifetime));
}

std::string text_of(double number) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

// A delta as sums::accumulated() takes it.
double bounded(double number) {
  return std::isfinite(number) ? std::clamp(number, -store::max_sum, store::max_sum) : 0;
}

class Caller {
 public:
  Caller(const std::string& sha, std::string_view prefix, store::Time now)
      : sha_(sha), prefix_(prefix), now_(text_of(store::clamp_time(now).time_since_epoch())) {}

  Command operator()(const store::Get& get) const { return call("get", get.key); }
  Command operator()(const store::Put& put) const {
    return call("put", put.key, {put.value, lifetime_of(put.lifetime)});
  }
  Command operator()(const store::PutIfAbsent& put) const {
    return call("put_if_absent", put.key, {put.value, lifetime_of(put.lifetime)});
  }
  Command operator()(const store::Add& add) const {
    return call("add", add.key, {std::to_string(add.delta), lifetime_of(add.lifetime)});
  }
  Command operator()(const store::Take& take) const {
    const store::Scale scale = store::scale_of(take);
    const bool gcra = take.algorithm == store::Take::Algorithm::gcra;
    Command command{"EVALSHA", sha_, take.once.empty() ? "1" : "2", full(take.key)};
    if (!take.once.empty()) command.push_back(full(store::once_key(take)));
    append(command, {"take", now_, gcra ? "gcra" : "window", std::to_string(scale.units),
                     std::to_string(scale.period), std::to_string(scale.shift),
                     std::to_string(scale.cost(take.cost)),
                     text_of(store::clock_skew(Lifetime(scale.period))),
                     text_of(store::state_lifetime(take)), text_of(store::once_lifetime)});
    return command;
  }
  Command operator()(const store::Accumulate& accumulate) const {
    Command command =
        call("accumulate", accumulate.key,
             {text_of(accumulate.half_life), lifetime_of(accumulate.lifetime),
              text_of(store::max_clock_skew), store::only_reads(accumulate) ? "0" : "1"});
    const std::size_t count = std::min(accumulate.deltas.size(), store::max_sums);
    for (std::size_t i = 0; i < count; ++i) {
      command.push_back(text_of(bounded(accumulate.deltas[i])));
    }
    return command;
  }
  Command operator()(const store::Erase& erase) const { return call("erase", erase.key); }

 private:
  [[nodiscard]] std::string full(std::string_view key) const {
    return std::string(prefix_) + std::string(key);
  }
  static void append(Command& command, const std::vector<std::string>& arguments) {
    command.insert(command.end(), arguments.begin(), arguments.end());
  }
  [[nodiscard]] Command call(const char* operation, const std::string& key,
                             const std::vector<std::string>& arguments = {}) const {
    Command command{"EVALSHA", sha_, "1", full(key), operation, now_};
    append(command, arguments);
    return command;
  }

  const std::string& sha_;
  const std::string_view prefix_;
  const std::string now_;
};

bool is_storable(const Operation& operation) {
  return std::visit(
      [](const auto& o) {
        if constexpr (requires { o.value; }) {
          if (o.value.size() > store::max_value_size) return false;
        }
        return store::is_storable(o.key);
      },
      operation);
}

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The elements behind the first, all texts.
using Texts = std::vector<std::string>;

class Reader {
 public:
  explicit Reader(const Texts& texts) : texts_(texts) {}

  std::optional<Result> operator()(const store::Get&) const { return value(); }
  std::optional<Result> operator()(const store::Put&) const { return store::Done{}; }
  std::optional<Result> operator()(const store::PutIfAbsent&) const { return value(); }
  std::optional<Result> operator()(const store::Add&) const {
    if (texts_.size() != 1) return std::nullopt;
    const auto count = number<std::int64_t>(texts_[0]);
    if (!count) return std::nullopt;
    return store::Number{*count};
  }
  std::optional<Result> operator()(const store::Take&) const {
    if (texts_.size() != 4) return std::nullopt;
    const auto remaining = number<std::uint64_t>(texts_[1]);
    const auto shift = number<unsigned>(texts_[2]);
    const auto retry_after = number<std::int64_t>(texts_[3]);
    if (!remaining || !shift || *shift > 63 || !retry_after) return std::nullopt;
    return store::Admission{texts_[0] == "1", *remaining << *shift, Lifetime(*retry_after)};
  }
  std::optional<Result> operator()(const store::Accumulate& accumulate) const {
    if (texts_.size() != std::min(accumulate.deltas.size(), store::max_sums)) return std::nullopt;
    store::Sums sums;
    for (const std::string& text : texts_) {
      const auto sum = number<double>(text);
      if (!sum) return std::nullopt;
      sums.sums.push_back(*sum);
    }
    return sums;
  }
  std::optional<Result> operator()(const store::Erase&) const { return store::Done{}; }

 private:
  [[nodiscard]] std::optional<Result> value() const {
    if (texts_.size() > 1) return std::nullopt;
    return texts_.empty() ? store::Value{} : store::Value{texts_[0]};
  }
  const Texts& texts_;
};

struct Remedy {
  std::string_view word;  // in the error
  Failure::Kind kind;
  std::string_view text;
};
// Errors inside a script have their word somewhere in the middle.
constexpr Remedy remedies[] = {
    {"OOM", Failure::Kind::full, "it has no memory left; raise its maxmemory"},
    {"LOADING", Failure::Kind::unavailable, "it is still loading its data"},
    {"READONLY", Failure::Kind::unavailable, "it is a read-only replica; name the primary"},
    {"NOAUTH", Failure::Kind::unavailable, "it wants a password; set the password file"},
    {"WRONGPASS", Failure::Kind::unavailable, "it does not accept user and password"},
    {"invalid password", Failure::Kind::unavailable, "it does not accept the password"},
    {"NOPERM", Failure::Kind::unavailable, "the user has not the rights for EVALSHA, SCRIPT, SCAN"},
    {"MOVED", Failure::Kind::unavailable, "it is part of a cluster; name a server of its own"},
    {"CROSSSLOT", Failure::Kind::unavailable, "it is part of a cluster; name a server of its own"},
    {"CLUSTERDOWN", Failure::Kind::unavailable,
     "it is part of a cluster; name a server of its own"},
    {"MASTERDOWN", Failure::Kind::unavailable, "it is a replica that has lost its primary"},
    {"MISCONF", Failure::Kind::unavailable, "it cannot save to its disk, and takes no writes"},
    {"NOREPLICAS", Failure::Kind::unavailable, "it has too few replicas, and takes no writes"},
};

std::string shown(std::string_view error) {
  std::string text(error.substr(0, max_shown_error));
  for (char& c : text) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return text;
}

}  // namespace

std::optional<Command> command_of(const Operation& operation, const std::string& sha,
                                  std::string_view prefix, store::Time now) {
  if (!is_storable(operation)) return std::nullopt;
  return std::visit(Caller(sha, prefix, now), operation);
}

Result absent_result(const Operation& operation, store::Time now) {
  store::MemoryStore nothing;
  const auto results = nothing.run({&operation, 1}, now);
  return results && !results->empty() ? results->front() : Result{};
}

std::optional<Answer> answer_of(const Operation& operation, const Reply& reply) {
  if (reply.kind != Reply::Kind::array || reply.elements.empty()) return std::nullopt;
  Texts texts;
  for (const Reply& element : reply.elements) {
    if (element.kind != Reply::Kind::string) return std::nullopt;
    texts.push_back(element.text);
  }
  const bool foreign = texts.front() != "0";
  texts.erase(texts.begin());
  auto result = std::visit(Reader(texts), operation);
  if (!result) return std::nullopt;
  return Answer{std::move(*result), foreign};
}

Failure failure_of(const std::string& server, std::string_view error) {
  for (const Remedy& remedy : remedies) {
    if (error.find(remedy.word) != error.npos) {
      return {remedy.kind, server + ": " + std::string(remedy.text)};
    }
  }
  return {Failure::Kind::unavailable, server + ": it answers \"" + shown(error) + "\""};
}

std::string pattern_of(std::string_view prefix) {
  std::string pattern;
  for (const char c : prefix) {
    if (std::string_view("*?[]\\^-").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + '*';
}

}  // namespace postern::io::redis
