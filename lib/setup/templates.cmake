# Writes C++ that holds files of examples/, so that setup needs no other file.
set(cases "")
foreach(file IN LISTS TEMPLATES)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/${file})
  file(READ ${PROJECT_SOURCE_DIR}/examples/${file} text)
  string(APPEND cases "    {\"${file}\", R\"POSTERN(${text})POSTERN\"},\n")
endforeach()
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/templates.cpp CONTENT "#include \"lib/setup/templates.hpp\"

#include <utility>

namespace postern::setup {

std::string_view template_text(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> files[] = {
${cases}  };
  for (const auto& [name, text] : files) {
    if (name == path) return text;
  }
  return {};
}

}  // namespace postern::setup
")
