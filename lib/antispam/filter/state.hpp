// The filter that is in use, or why there is none.
#pragma once

#include <memory>
#include <string>

namespace postern::antispam {

class Filter;  // lib/antispam/filter/filter.hpp; who only hands it on needs no more

struct FilterState {
  std::shared_ptr<const Filter> filter;
  std::string problem;  ///< One line for the operator; empty: there is a filter.
};

}  // namespace postern::antispam
