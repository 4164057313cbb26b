// The store that the configuration names.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.hpp"
#include "lib/store/settings.hpp"
#include "lib/store/store.hpp"

namespace postern::io {

struct OpenedStore {
  std::unique_ptr<store::Store> store;
  std::string note;  ///< What the operator has to know about the opening; empty: nothing.
};

/// A Redis that is away is no failure yet: its calls will say so.
/// \return What keeps the store from being used.
[[nodiscard]] Expected<OpenedStore, store::Failure> open_store(const store::Settings& settings);

}  // namespace postern::io
