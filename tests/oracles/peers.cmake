# Our SPF and DMARC against libspf2 and libopendmarc; only on request (POSTERN_ORACLES=ON), since the
# libraries come with security faults of their own (docs/conformance.md).
function(postern_oracle program library header)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  string(TOUPPER ${library} upper)
  find_library(${upper}_LIBRARY ${library})
  find_path(${upper}_INCLUDE_DIR ${header})
  if(NOT ${upper}_LIBRARY OR NOT ${upper}_INCLUDE_DIR)
    message(FATAL_ERROR "POSTERN_ORACLES needs lib${library}: tools/install-packages peers")
  endif()
  add_executable(${program} child_process.cpp comparison.cpp ../support/suite.cpp ${arg_SOURCES})
  target_include_directories(${program} SYSTEM PRIVATE ${${upper}_INCLUDE_DIR})
  target_link_libraries(${program} PRIVATE ${arg_LIBRARIES} postern_warnings
                        nlohmann_json::nlohmann_json ${${upper}_LIBRARY})
  add_test(NAME oracle.${library} COMMAND ${program} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(oracle.${library} PROPERTIES LABELS oracle TIMEOUT 300
                       SKIP_REGULAR_EXPRESSION "skipped:")
endfunction()

if(POSTERN_ORACLES)
  postern_oracle(oracle_spf2 spf2 spf2/spf.h
                 SOURCES spf2_main.cpp spf2_library.cpp ../support/spf_suite.cpp LIBRARIES postern_spf)
  postern_oracle(oracle_opendmarc opendmarc opendmarc/dmarc.h
                 SOURCES opendmarc_main.cpp opendmarc_library.cpp ../support/dmarc_suite.cpp
                 LIBRARIES postern_dmarc postern_io_idn2)
endif()
