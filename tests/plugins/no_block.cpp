// A shared library that registers nothing. Its constructor shows whether it was loaded.
#include <cstdlib>

static const int loaded = (std::abort(), 0);
