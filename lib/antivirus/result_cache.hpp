// What scans said of octets that may come again.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "lib/antivirus/outcome.hpp"
#include "lib/antivirus/scan_protocol.hpp"

namespace postern::antivirus {

/// Results of one generation of signatures, by kind and digest; the one not asked for longest goes
/// first. What has no digest is never known.
class ResultCache {
 public:
  explicit ResultCache(std::size_t capacity) : capacity_(capacity) {}

  /// Nothing when it is not known. The pointer is good until the cache changes.
  [[nodiscard]] const Outcome* find(const Object& object);

  /// Remembers what is a fact about the octets; not that something took too long, or failed.
  void add(const Object& object, const Outcome& outcome);

  void clear();
  void set_capacity(std::size_t capacity);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Outcome outcome;
  };
  void shrink();

  std::size_t capacity_;
  std::list<Entry> entries_;  // the one asked for last in front
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

}  // namespace postern::antivirus
