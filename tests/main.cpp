// Compiled once for all test programs: Catch2 v2 builds all of itself here.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int count, char** arguments) { return Catch::Session().run(count, arguments); }
