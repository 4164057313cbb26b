# A build that is used once (tests/run --quick-build) compiles the sources of some targets a few at a time: what all of
# them include, which costs more than they do, is read once. A change would cost more that way, so it is off otherwise.
option(POSTERN_UNITY "Compile the sources of large targets a dozen at a time: a whole build is quicker, a change is not" OFF)

# postern_unity(TARGET [EXCEPT source...])
#
# EXCEPT: those that have names in unnamed namespaces which others have, too.
function(postern_unity target)
  cmake_parse_arguments(arg "" "" "EXCEPT" ${ARGN})
  if(arg_EXCEPT)
    set_source_files_properties(${arg_EXCEPT} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${POSTERN_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()
