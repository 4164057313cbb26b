# postern_module(NAME [SOURCES ...] [TESTS ...] [SLOW_TESTS] [VECTORS ...] [FUZZ ...] [DEPENDS module ...]
#                [LIBRARIES target ...])
#
# One folder of lib/ as a static library postern_NAME ("/" becomes "_"). SOURCES lie in that folder,
# TESTS in tests/unit/NAME, VECTORS (public suites as data) in tests/vectors/NAME, FUZZ in fuzz/.
# A module with only headers names no SOURCES. SLOW_TESTS: among TESTS are some tagged [.][slow], which
# take minutes; they run as one test of label slow (ctest -L slow) and not among the others.
function(postern_module name)
  cmake_parse_arguments(arg "SLOW_TESTS" "" "SOURCES;TESTS;VECTORS;FUZZ;DEPENDS;LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" target "postern_${name}")
  list(TRANSFORM arg_DEPENDS PREPEND postern_)
  list(TRANSFORM arg_DEPENDS REPLACE "/" "_")
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC tl::expected ${arg_DEPENDS} ${arg_LIBRARIES}
                          PRIVATE postern_warnings)
    postern_use_precompiled(${target} standard)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE tl::expected ${arg_DEPENDS} ${arg_LIBRARIES})
  endif()

  if(BUILD_TESTING)
    postern_test_program(${name} unit ${target} ${arg_TESTS})
    postern_test_program(${name} vectors ${target} ${arg_VECTORS})
    if(arg_SLOW_TESTS)
      string(REPLACE "/" "_" program "unit_${name}")
      add_test(NAME slow.${name} COMMAND ${program} "[slow]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(slow.${name} PROPERTIES LABELS slow TIMEOUT 7200 RUN_SERIAL ON)
    endif()
  endif()
  if(POSTERN_FUZZ)
    foreach(source ${arg_FUZZ})
      postern_fuzz_target(${source} ${target})
    endforeach()
  endif()
endfunction()

# One Catch2 program of tests/<kind>/<name>/*; each test case becomes a test of ctest with label <kind>.
function(postern_test_program name kind library)
  if(NOT ARGN)
    return()
  endif()
  string(REPLACE "/" "_" program "${kind}_${name}")
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/tests/${kind}/${name}/ OUTPUT_VARIABLE sources)
  add_executable(${program} ${sources})
  target_link_libraries(${program} PRIVATE ${library} postern_warnings Catch2::Catch2WithMain
                        nlohmann_json::nlohmann_json)
  postern_use_precompiled(${program} tests)
  catch_discover_tests(${program} TEST_PREFIX "${kind}.${name}." DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS ${kind} TIMEOUT 120 SKIP_REGULAR_EXPRESSION "skipped:"
                       WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()

# One libFuzzer program. ctest runs it over its seeds (fuzz/corpus/<stem>) and then some seconds more.
function(postern_fuzz_target source library)
  get_filename_component(stem ${source} NAME_WE)
  add_executable(${stem} ${PROJECT_SOURCE_DIR}/fuzz/${source})
  target_compile_options(${stem} PRIVATE -fsanitize=fuzzer)
  target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${stem} PRIVATE ${library} postern_warnings)
  if(BUILD_TESTING)
    add_test(NAME fuzz.${stem} COMMAND ${PROJECT_SOURCE_DIR}/fuzz/run-target $<TARGET_FILE:${stem}>)
    set_tests_properties(fuzz.${stem} PROPERTIES LABELS fuzz TIMEOUT 900)
  endif()
endfunction()
