# Precompiled headers: to read the standard library and Catch2 is a third to a half of what most files cost.
# Sources include all that they use nevertheless, because every preset but dev builds without this.
#
# Only what nearly every file uses is worth it: of CLI11 and nlohmann-json GCC compiles functions anew in each
# file that knows them, used or not, and then the files that do without take longer than before.
option(POSTERN_PCH "Precompile headers of the standard library and Catch2 (the preset dev turns it on)" OFF)

# Some libraries ask for these of all that link them, and GCC takes no header that was made without.
set(POSTERN_PRECOMPILED_DEFINITIONS _FILE_OFFSET_BITS=64)

# A set is made by a target to which nothing else belongs: GCC wants each macro with which it was made again.
function(postern_precompiled_set name)
  set(source ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(postern_precompiled_${name} OBJECT ${source})
  target_include_directories(postern_precompiled_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(postern_precompiled_${name} PRIVATE tl::expected postern_warnings)
  target_compile_definitions(postern_precompiled_${name} PRIVATE ${POSTERN_PRECOMPILED_DEFINITIONS})
  target_precompile_headers(postern_precompiled_${name} PRIVATE ${ARGN})
endfunction()

# Lets the sources of a target start from a set: standard or tests. Not those of the sandbox: with the definition
# above its tests would call open64(), which own_opens.cpp has in place of the C library's, where they mean open().
function(postern_use_precompiled target name)
  if(POSTERN_PCH AND NOT target MATCHES "io_sandbox$")
    target_compile_definitions(${target} PRIVATE ${POSTERN_PRECOMPILED_DEFINITIONS})
    target_precompile_headers(${target} REUSE_FROM postern_precompiled_${name})
  endif()
endfunction()

if(POSTERN_PCH)
  if(CCACHE)  # what its manual wants for this; no source of ours says when it was compiled
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  endif()
  postern_precompiled_set(
    standard <algorithm> <array> <chrono> <filesystem> <functional> <map> <memory> <optional> <set> <span>
             <string> <string_view> <vector> <tl/expected.hpp>)
  if(BUILD_TESTING)
    postern_precompiled_set(tests <algorithm> <optional> <string> <tl/expected.hpp> "tests/support/catch.hpp")
    target_link_libraries(postern_precompiled_tests PRIVATE Catch2::Catch2)
  endif()
endif()
