// Which rules DNS has made hit so far.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace postern::antispam {

/// Values by index in RuleSet::rules; ascending, each rule once.
struct NetworkHits {
  std::vector<std::pair<std::size_t, double>> values;

  void add(std::size_t rule) {
    const std::pair<std::size_t, double> hit(rule, 1);
    const auto place = std::lower_bound(values.begin(), values.end(), hit);
    if (place == values.end() || place->first != rule) values.insert(place, hit);
  }
};

}  // namespace postern::antispam
