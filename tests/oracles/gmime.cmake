# The MIME parser against GMime; only where GMime is installed (Debian: libgmime-3.0-dev).
pkg_check_modules(GMIME QUIET IMPORTED_TARGET gmime-3.0)
if(GMIME_FOUND)
  add_executable(oracle_gmime gmime_test.cpp gmime_reader.cpp message_generator.cpp)
  target_link_libraries(oracle_gmime PRIVATE postern_mail postern_io_iconv postern_warnings
                        PkgConfig::GMIME Catch2::Catch2WithMain)
  catch_discover_tests(oracle_gmime TEST_PREFIX "oracle.gmime." DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS oracle TIMEOUT 120 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
