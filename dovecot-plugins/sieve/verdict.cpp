#include "dovecot-plugins/sieve/verdict.h"

#include <string>
#include <string_view>

#include "lib/report/verdict_field.hpp"

namespace {

std::string list_of_aspects() {
  std::string list;
  for (const std::string_view aspect : postern::report::aspects) {
    list.append(list.empty() ? "" : ", ").append(aspect);
  }
  return list;
}

}  // namespace

bool postern_is_aspect(const char* name) {
  return postern::report::is_aspect(name);
}

const char* postern_aspects() {
  static const std::string list = list_of_aspects();
  return list.c_str();
}

void postern_verdict_values(const char* header, std::size_t size, const char* aspect,
                            void (*found)(void* context, const char* value), void* context) {
  try {
    const auto verdict = postern::report::own_verdict({header, size});
    if (!verdict) return;
    for (const std::string& value : postern::report::values_of(*verdict, aspect)) {
      found(context, value.c_str());
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): without memory there is no verdict
  }
}
