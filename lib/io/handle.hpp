// What C libraries allocate, owned: each handle is given back with the function of its type.
#pragma once

#include <memory>

namespace postern::io {

template <auto free_function>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    free_function(handle);
  }
};

template <typename T, auto free_function>
using CHandle = std::unique_ptr<T, FreeWith<free_function>>;

}  // namespace postern::io
