// Patterns that evals ask for, each compiled once.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// Borrows the compiler. Never waits: two threads that ask for a new pattern at the same time may
/// both compile it. Evals ask for patterns of their own and of the configuration only, so that it
/// does not grow with messages.
class RegexCache final : public RegexSource {
 public:
  explicit RegexCache(const RegexCompiler& compiler) : compiler_(compiler) {}
  ~RegexCache() override {
    for (const std::atomic<Entry*>& bucket : buckets_) {
      for (std::unique_ptr<Entry> entry(bucket.load()); entry;) entry.reset(entry->next);
    }
  }

  [[nodiscard]] const Regex* regex(std::string_view pattern) const override {
    std::atomic<Entry*>& bucket = buckets_[std::hash<std::string_view>{}(pattern) % bucket_count];
    for (const Entry* entry = bucket.load(); entry != nullptr; entry = entry->next) {
      if (entry->pattern == pattern) return entry->regex.get();
    }
    auto entry = std::make_unique<Entry>(Entry{std::string(pattern), nullptr, bucket.load()});
    if (auto made = compiler_.compile(pattern)) entry->regex = std::move(*made);
    while (!bucket.compare_exchange_weak(entry->next, entry.get())) {
    }
    return entry.release()->regex.get();
  }

 private:
  struct Entry {
    std::string pattern;
    std::unique_ptr<Regex> regex;  // nullptr: does not compile
    Entry* next = nullptr;
  };
  static constexpr std::size_t bucket_count = 256;

  const RegexCompiler& compiler_;
  mutable std::array<std::atomic<Entry*>, bucket_count> buckets_ = {};
};

}  // namespace postern::antispam
