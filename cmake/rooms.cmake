# A room is one translation unit where CMAKE_UNITY_BUILD is on: most of what a file costs to compile are the headers
# that its neighbours include too. So names without linkage are unique in a room. Files with options of their own
# stay by themselves.
function(ablate_compile_by_room target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    if(source MATCHES "/(src/ablate|apps|tests)/([^/]+)/")
      set_source_files_properties("${source}" TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP "${CMAKE_MATCH_2}")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
